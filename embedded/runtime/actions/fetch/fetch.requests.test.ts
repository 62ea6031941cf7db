import { describe, expect, it } from "vitest";
import { requestHeaders } from "./request-headers";
import { failureOf, requestFor, textOf } from "./testing/answering-server";
import { bothFetches, bytes, serve } from "./testing/both-fetches";

describe.each(bothFetches)("a request of %s", (_, send) => {
  it("carries what a server can rely on, after what was given", async () => {
    const server = await serve((response) => response.end());
    await send(server.at("/a?b=c#d"), {
      headers: [
        ["x-one", "1"],
        ["host", "elsewhere.example"],
      ],
    }).answer;
    const [asked] = server.asked;
    expect(asked?.url).toBe("/a?b=c");
    expect(asked?.rawHeaders).toEqual([
      ...["host", `127.0.0.1:${server.port}`],
      ...["connection", "keep-alive"],
      ...["x-one", "1"],
      ...["accept", "*/*"],
      ...["accept-language", "*"],
      ...["sec-fetch-mode", "cors"],
      ...["user-agent", "node"],
      ...["accept-encoding", "gzip, deflate"],
    ]);
  });

  it("keeps the headers that it was given", async () => {
    const server = await serve((response) => response.end());
    const given = {
      accept: "text/plain",
      "user-agent": "mine",
      "accept-encoding": "br",
      cookie: "a=1; b=2",
      "x-latin": "caf\u00e9",
    };
    const headers = Object.entries(given);
    await send(server.at(), { headers }).answer;
    expect(server.asked[0]?.headers).toMatchObject(given);
  });

  it("for a part, or under a condition, wants it as it is", async () => {
    const server = await serve((response) => response.end());
    await send(server.at(), {
      headers: [
        ["range", "bytes=0-1"],
        ["if-none-match", '"a"'],
      ],
    }).answer;
    expect(server.asked[0]?.headers).toMatchObject({
      "accept-encoding": "identity",
      pragma: "no-cache",
      "cache-control": "no-cache",
    });
  });

  it.each(["POST", "PUT", "PATCH", "DELETE"])(
    "%s sends its body with its length",
    async (method) => {
      const server = await serve((response, { body }) => response.end(body));
      const got = await textOf(
        send(server.at(), { method, body: bytes("h\u00e9llo") }),
      );
      expect(got).toBe("h\u00e9llo");
      expect(server.asked[0]).toMatchObject({
        method,
        headers: { "content-length": "6" },
      });
    },
  );

  it("without a body says so where one is expected", async () => {
    const server = await serve((response) => response.end());
    await send(server.at(), { method: "POST" }).answer;
    await send(server.at(), { method: "GET" }).answer;
    const lengths = server.asked.map(
      ({ headers }) => headers["content-length"],
    );
    expect(lengths).toEqual(["0", undefined]);
  });

  it("may say the length of its body itself", async () => {
    const server = await serve((response, { body }) => response.end(body));
    const headers: [string, string][] = [["content-length", "2"]];
    const given = { method: "POST", headers };
    const whole = send(server.at(), { ...given, body: bytes("ab") });
    expect(await textOf(whole)).toBe("ab");
    const short = send(server.at(), { ...given, body: bytes("a") });
    expect(await failureOf(short.answer)).toBe(
      "TypeError: fetch failed: Request body length does not match content-length header",
    );
  });

  it.each(["transfer-encoding", "keep-alive", "upgrade"])(
    "cannot set %s",
    async (name) => {
      const server = await serve((response) => response.end());
      const { answer } = send(server.at(), { headers: [[name, "x"]] });
      expect(await failureOf(answer)).toBe(
        `TypeError: fetch failed: invalid ${name} header`,
      );
    },
  );
});

it("Brotli is accepted over https only", () => {
  const accepted = (url: string) => requestHeaders(requestFor(url)).at(-1);
  expect(accepted("https://a.example/")).toBe("br, gzip, deflate");
  expect(accepted("http://a.example/")).toBe("gzip, deflate");
});
