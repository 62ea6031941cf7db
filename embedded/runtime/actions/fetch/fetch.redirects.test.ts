import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { HttpFetch } from "./http-fetch";
import {
  bodyOf,
  failureOf,
  requestFor,
  textOf,
} from "./testing/answering-server";
import { bothFetches, bytes, serve } from "./testing/both-fetches";

/** `/from` leads to `to`; everything else says how it was asked. */
const redirecting = (status: number, to: string) =>
  serve((response, { url, method, body }) =>
    url === "/from"
      ? response.writeHead(status, { location: to }).end("moved")
      : response.end(`${method} ${url} ${body}`),
  );

describe.each(bothFetches)("a redirect of %s", (_, send) => {
  it.each([
    [301, "POST", "GET /to "],
    [302, "POST", "GET /to "],
    [303, "POST", "GET /to "],
    [303, "PUT", "GET /to "],
  ])("with %i after %s becomes %s", async (status, method, became) => {
    const server = await redirecting(status, "/to");
    const started = send(server.at("/from"), {
      method,
      body: bytes("body"),
      headers: [
        ["content-type", "text/plain"],
        ["x-kept", "yes"],
      ],
    });
    const answer = await started.answer;
    expect((await bodyOf(answer)).toString()).toBe(became);
    expect(answer).toMatchObject({ url: server.at("/to"), redirected: true });
    const { headers } = server.asked[1] ?? {};
    expect(headers?.["x-kept"]).toBe("yes");
    expect(headers?.["content-type"]).toBe(
      became.startsWith("GET") ? undefined : "text/plain",
    );
  });

  it("of HEAD stays HEAD", async () => {
    const server = await redirecting(303, "/to");
    await send(server.at("/from"), { method: "HEAD" }).answer;
    expect(server.asked.map(({ method }) => method)).toEqual(["HEAD", "HEAD"]);
  });

  it("without a place to go is the answer", async () => {
    const server = await serve((response) =>
      response
        .writeHead(302, { "content-encoding": "gzip" })
        .end(gzipSync("where?")),
    );
    const answer = await send(server.at()).answer;
    expect(answer).toMatchObject({ status: 302, redirected: false });
    expect((await bodyOf(answer)).toString()).toBe("where?");
  });

  it("is the answer where it is asked for", async () => {
    const server = await redirecting(302, "/to");
    const { answer } = send(server.at("/from"), { redirect: "manual" });
    expect(await answer).toMatchObject({
      status: 302,
      redirected: false,
      url: server.at("/from"),
    });
    expect((await answer).headers).toContainEqual(["location", "/to"]);
    expect((await bodyOf(await answer)).toString()).toBe("moved");
  });

  it.each([
    ["error", "/to", "unexpected redirect"],
    ["follow", "ftp://a.example/", "URL scheme must be a HTTP(S) scheme"],
    [
      "follow",
      "http://a:b@127.0.0.1/",
      'cross origin not allowed for request mode "cors"',
    ],
    ["follow", "http://127.0.0.1:6667/", "bad port"],
    ["follow", "http://[", "Invalid URL"],
    ["follow", "/from", "redirect count exceeded"],
  ] as const)("with %s to %s fails: %s", async (redirect, to, reason) => {
    const server = await redirecting(302, to);
    const { answer } = send(server.at("/from"), { redirect });
    expect(await failureOf(answer)).toBe(`TypeError: fetch failed: ${reason}`);
    expect(server.asked).toHaveLength(reason.includes("count") ? 21 : 1);
  });

  it("may be followed twenty times", async () => {
    const server = await serve((response, { url }) =>
      url === "/20"
        ? response.end("arrived")
        : response
            .writeHead(302, {
              location: `${Number(url?.slice(1)) + 1}`,
            })
            .end(),
    );
    expect(await textOf(send(server.at("/0")))).toBe("arrived");
  });

  it("may name its place in UTF-8", async () => {
    const to = Buffer.from("/z\u00fcrich").toString("latin1");
    const server = await redirecting(302, to);
    expect(await textOf(send(server.at("/from")))).toBe("GET /z%C3%BCrich ");
  });

  it("takes no secrets to another origin", async () => {
    const other = await serve((response) => response.end());
    const server = await serve((response, { url }) =>
      response
        .writeHead(302, { location: url === "/a" ? "/b" : other.at() })
        .end(),
    );
    const headers: [string, string][] = [
      ["authorization", "Bearer x"],
      ["cookie", "a=1"],
      ["proxy-authorization", "y"],
      ["x-kept", "yes"],
    ];
    await send(server.at("/a"), { headers }).answer;
    expect(server.asked[1]?.headers).toMatchObject(Object.fromEntries(headers));
    const [asked] = other.asked;
    expect(asked?.headers["x-kept"]).toBe("yes");
    expect(asked?.headers).not.toHaveProperty("authorization");
    expect(asked?.headers).not.toHaveProperty("cookie");
    expect(asked?.headers).not.toHaveProperty("proxy-authorization");
  });
});

/** Node 20 loses the body on the way: "Cannot perform ArrayBuffer.prototype.slice on a detached ArrayBuffer". */
describe("a redirect that keeps the method", () => {
  it.each([
    [301, "PUT"],
    [302, "PUT"],
    [307, "POST"],
    [308, "PUT"],
  ])("with %i after %s keeps the body", async (status, method) => {
    const server = await redirecting(status, "/to");
    const fetching = new HttpFetch(
      requestFor(server.at("/from"), {
        method,
        body: bytes("body"),
        headers: [["content-type", "text/plain"]],
      }),
    );
    expect(await textOf(fetching)).toBe(`${method} /to body`);
    expect(server.asked[1]?.headers).toMatchObject({
      "content-type": "text/plain",
      "content-length": "4",
    });
  });
});
