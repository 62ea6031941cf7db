import { setImmediate as turn } from "node:timers/promises";
import { afterEach, describe, expect, it, vi } from "vitest";
import { HttpFetch } from "./http-fetch";
import {
  bodyOf,
  failureOf,
  requestFor,
  textOf,
} from "./testing/answering-server";
import {
  bothFetches,
  bytes,
  serve,
  serveTls,
  until,
} from "./testing/both-fetches";
import { resolveNamesTo } from "./testing/names";

afterEach(() => void vi.restoreAllMocks());

describe.each(bothFetches)("an exchange of %s over TLS", (_, send) => {
  it("has the same request and the same answer", async () => {
    const server = await serveTls((response) =>
      response.writeHead(201, { "x-one": "1" }).end("secretly"),
    );
    const answer = await send(server.at("/a?b=c#d")).answer;
    expect(answer).toMatchObject({
      status: 201,
      url: `https://localhost:${server.port}/a?b=c`,
      redirected: false,
    });
    expect(answer.headers).toContainEqual(["x-one", "1"]);
    expect((await bodyOf(answer)).toString()).toBe("secretly");
    expect(server.asked[0]).toMatchObject({
      method: "GET",
      url: "/a?b=c",
      headers: {
        host: `localhost:${server.port}`,
        "accept-encoding": "br, gzip, deflate",
      },
    });
  });

  it("carries bodies larger than what TLS sends at once", async () => {
    const server = await serveTls((response, { body }) => response.end(body));
    const text = "0123456789".repeat(100_000);
    const given = { method: "POST", body: bytes(text) };
    expect((await textOf(send(server.at(), given))) === text).toBe(true);
    expect(server.asked[0]?.headers["content-length"]).toBe("1000000");
  });

  it("follows a redirect after a body", async () => {
    const server = await serveTls((response, { url, method, body }) =>
      url === "/from"
        ? response.writeHead(303, { location: "/to" }).end("moved")
        : response.end(`${method} ${url} ${body}`),
    );
    const given = { method: "POST", body: bytes("body") };
    const answer = await send(server.at("/from"), given).answer;
    expect((await bodyOf(answer)).toString()).toBe("GET /to ");
    expect(answer).toMatchObject({ url: server.at("/to"), redirected: true });
    expect(server.asked[0]?.body).toBe("body");
  });

  it("takes no secrets along where there is no TLS", async () => {
    const plain = await serve((response) => response.end("here"));
    const location = plain.at("/", "localhost");
    const server = await serveTls((response) =>
      response.writeHead(302, { location }).end(),
    );
    const headers: [string, string][] = [["authorization", "Bearer x"]];
    expect(await textOf(send(server.at(), { headers }))).toBe("here");
    expect(server.asked[0]?.headers.authorization).toBe("Bearer x");
    expect(plain.asked[0]?.headers.authorization).toBeUndefined();
  });
});

describe("a redirect over TLS that keeps the method", () => {
  it("keeps the body", async () => {
    const server = await serveTls((response, { url, method, body }) =>
      url === "/from"
        ? response.writeHead(307, { location: "/to" }).end()
        : response.end(`${method} ${body}`),
    );
    const given = { method: "POST", body: bytes("body") };
    const fetching = new HttpFetch(requestFor(server.at("/from"), given));
    expect(await textOf(fetching)).toBe("POST body");
  });
});

describe.each(bothFetches)("a TLS connection of %s", (_, send) => {
  it("is used again", async () => {
    const server = await serveTls((response) => response.end("x"));
    await textOf(send(server.at()));
    await turn();
    const again = { method: "POST", body: bytes("x") };
    expect(await textOf(send(server.at(), again))).toBe("x");
    expect(server.asked[0]?.socket).toBe(server.asked[1]?.socket);
    expect(server.sockets.size).toBe(1);
  });

  it("that the server closed meanwhile is made anew", async () => {
    const server = await serveTls((response) => response.end("x"));
    await textOf(send(server.at()));
    server.asked[0]?.socket.end();
    await until(() => server.sockets.size === 0);
    const again = { method: "POST", body: bytes("x") };
    expect(await textOf(send(server.at(), again))).toBe("x");
  });

  it("is closed when the answer is given up", async () => {
    const server = await serveTls((response) => response.write("begin"));
    const started = send(server.at());
    await (await started.answer).body?.next();
    started.abort();
    await until(() => server.sockets.size === 0);
  });
});

describe.each(bothFetches)("a certificate that %s refuses", (_, send) => {
  it("is one that nobody vouches for", async () => {
    const server = await serveTls((response) => response.end(), "unknown");
    expect(await failureOf(send(server.at()).answer)).toBe(
      "TypeError: fetch failed: self-signed certificate",
    );
    expect(server.asked).toEqual([]);
  });

  it.each([
    [
      "elsewhere.example",
      "Host: elsewhere.example. is not in the cert's altnames: DNS:localhost",
    ],
    ["127.0.0.1", "IP: 127.0.0.1 is not in the cert's list: "],
  ])("is one that is not for %s", async (name, reason) => {
    const server = await serveTls((response) => response.end());
    resolveNamesTo("127.0.0.1");
    expect(await failureOf(send(server.at("/", name)).answer)).toBe(
      `TypeError: fetch failed: Hostname/IP does not match certificate's altnames: ${reason}`,
    );
    expect(server.asked).toEqual([]);
  });

  it("is one where a redirect leads", async () => {
    const other = await serveTls((response) => response.end(), "unknown");
    const server = await serveTls((response) =>
      response.writeHead(302, { location: other.at() }).end(),
    );
    expect(await failureOf(send(server.at()).answer)).toBe(
      "TypeError: fetch failed: self-signed certificate",
    );
  });
});
