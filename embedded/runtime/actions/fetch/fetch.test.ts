/** Both transports are held to one specification: what Node's `fetch` does is what ours has to do. */
import { createServer, type Socket } from "node:net";
import {
  setImmediate as turn,
  setTimeout as pause,
} from "node:timers/promises";
import {
  brotliCompressSync,
  deflateRawSync,
  deflateSync,
  gzipSync,
} from "node:zlib";
import { afterEach, describe, expect, it } from "vitest";
import { HttpFetch, isPlainHttp } from "./http-fetch";
import { startNodeFetch } from "./node-fetch";
import type { OutgoingRequest } from "./outgoing-request";
import { requestHeaders } from "./request-headers";
import {
  AnsweringServer,
  bodyOf,
  failureOf,
  requestFor,
  textOf,
} from "./testing/answering-server";

const servers: AnsweringServer[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

async function serve(
  answer: ConstructorParameters<typeof AnsweringServer>[0],
  host = "127.0.0.1",
): Promise<AnsweringServer> {
  const server = new AnsweringServer(answer);
  servers.push(server);
  await server.listen(host);
  return server;
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await pause(1);
}

const bytes = (text: string) => new TextEncoder().encode(text);

/** `/from` leads to `to`; everything else says how it was asked. */
const redirecting = (status: number, to: string) =>
  serve((response, { url, method, body }) =>
    url === "/from"
      ? response.writeHead(status, { location: to }).end("moved")
      : response.end(`${method} ${url} ${body}`),
  );

describe.each([
  ["Node's fetch", startNodeFetch],
  ["our fetch", (request: OutgoingRequest) => new HttpFetch(request)],
])("%s", (_, start) => {
  const send = (url: string, given: Partial<OutgoingRequest> = {}) =>
    start(requestFor(url, given));

  describe("a request", () => {
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

  describe("an answer", () => {
    it("has its status, address and headers", async () => {
      const server = await serve((response) =>
        response
          .writeHead(418, "Short And Stout", [
            ...["X-One", "1"],
            ...["Set-Cookie", "a=1"],
            ...["set-cookie", "b=2"],
            ...["X-Latin", Buffer.from("caf\u00e9").toString("latin1")],
            ...["Date", "today"],
          ])
          .end("tea"),
      );
      const answer = await send(server.at("/pot?x#lid")).answer;
      const { status, statusText, url, redirected } = answer;
      expect({ status, statusText, url, redirected }).toEqual({
        status: 418,
        statusText: "Short And Stout",
        url: server.at("/pot?x"),
        redirected: false,
      });
      expect(answer.headers).toEqual(
        expect.arrayContaining([
          ["x-one", "1"],
          ["set-cookie", "a=1"],
          ["set-cookie", "b=2"],
          ["x-latin", "caf\u00c3\u00a9"],
          ["date", "today"],
        ]),
      );
      expect((await bodyOf(answer)).toString()).toBe("tea");
    });

    it.each([204, 304])("%i has no body", async (status) => {
      const server = await serve((response) =>
        response.writeHead(status, { "content-encoding": "gzip" }).end(),
      );
      const answer = await send(server.at()).answer;
      expect(answer).toMatchObject({ status, body: null });
    });

    it("to HEAD has no body", async () => {
      const server = await serve((response) =>
        response
          .writeHead(200, { "content-encoding": "gzip", "content-length": 9 })
          .end(),
      );
      const answer = await send(server.at(), { method: "HEAD" }).answer;
      expect(answer).toMatchObject({ status: 200, body: null });
    });

    it("may be announced before it is there", async () => {
      const server = await serve((response) => {
        response.writeEarlyHints({ link: "</a.css>; rel=preload" });
        response.end("whole");
      });
      expect(await textOf(send(server.at()))).toBe("whole");
    });
  });

  describe("an encoding", () => {
    const text = "what was meant ".repeat(50);
    it.each([
      ["gzip", gzipSync(text)],
      ["x-gzip", gzipSync(text)],
      ["GZIP", gzipSync(text)],
      ["deflate", deflateSync(text)],
      ["deflate", deflateRawSync(text)],
      ["br", brotliCompressSync(text)],
      ["gzip, br", brotliCompressSync(gzipSync(text))],
      ["deflate, gzip", gzipSync(deflateRawSync(text))],
      ["", Buffer.from(text)],
      ["identity", Buffer.from(text)],
      ["gzip, unknown", Buffer.from(text)],
    ])("%s is undone where it is known", async (encoding, body) => {
      const server = await serve((response) =>
        response.writeHead(200, { "content-encoding": encoding }).end(body),
      );
      const answer = await send(server.at()).answer;
      expect((await bodyOf(answer)).toString()).toBe(text);
      expect(answer.headers).toContainEqual(["content-encoding", encoding]);
    });

    it.each([
      ["gzip", gzipSync(text)],
      ["deflate", deflateSync(text)],
      ["br", brotliCompressSync(text)],
    ])("%s may lack its end", async (encoding, body) => {
      const server = await serve((response) =>
        response
          .writeHead(200, { "content-encoding": encoding })
          .end(body.subarray(0, -4)),
      );
      const got = await textOf(send(server.at()));
      expect(text.startsWith(got)).toBe(true);
    });

    it.each(["gzip", "deflate", "br"])("%s of nothing", async (encoding) => {
      const server = await serve((response) =>
        response.writeHead(200, { "content-encoding": encoding }).end(),
      );
      expect(await textOf(send(server.at()))).toBe("");
    });

    it("that is broken breaks the body off", async () => {
      const server = await serve((response) =>
        response.writeHead(200, { "content-encoding": "gzip" }).end("not so"),
      );
      const answer = await send(server.at()).answer;
      expect(await failureOf(bodyOf(answer))).toBe(
        "TypeError: terminated: incorrect header check",
      );
    });

    it("is undone at most five times", async () => {
      const encoding = Array(6).fill("gzip").join(", ");
      const server = await serve((response) =>
        response.writeHead(200, { "content-encoding": encoding }).end("x"),
      );
      expect(await failureOf(send(server.at()).answer)).toBe(
        "TypeError: fetch failed: too many content-encodings in response: 6, maximum allowed is 5",
      );
    });

    it("comes through bit by bit", async () => {
      const server = await serve((response) => {
        response.writeHead(200, { "content-encoding": "gzip" });
        response.write(gzipSync("first").subarray(0, -8));
      });
      const { body } = await send(server.at()).answer;
      const first = await body?.next();
      expect(Buffer.from(first?.value ?? []).toString()).toBe("first");
    });
  });

  describe("a redirect", () => {
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
      expect(server.asked.map(({ method }) => method)).toEqual([
        "HEAD",
        "HEAD",
      ]);
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
      expect(await failureOf(answer)).toBe(
        `TypeError: fetch failed: ${reason}`,
      );
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
      expect(server.asked[1]?.headers).toMatchObject(
        Object.fromEntries(headers),
      );
      const [asked] = other.asked;
      expect(asked?.headers["x-kept"]).toBe("yes");
      expect(asked?.headers).not.toHaveProperty("authorization");
      expect(asked?.headers).not.toHaveProperty("cookie");
      expect(asked?.headers).not.toHaveProperty("proxy-authorization");
    });
  });

  describe("a failure", () => {
    it("to connect says why", async () => {
      const server = await serve((response) => response.end());
      const url = server.at();
      server.close();
      expect(await failureOf(send(url).answer)).toMatch(
        /^TypeError: fetch failed: connect ECONNREFUSED 127/,
      );
    });

    it("to find the host says why", async () => {
      const { answer } = send("http://nowhere.invalid/");
      expect(await failureOf(answer)).toMatch(
        /^TypeError: fetch failed: getaddrinfo \w+ nowhere\.invalid$/,
      );
    });

    it("of TLS says why", async () => {
      const server = await serve((response) => response.end());
      const { answer } = send(server.at().replace("http:", "https:"));
      expect(await failureOf(answer)).toMatch(
        /^TypeError: fetch failed: .*(SSL|packet length|wrong version)/,
      );
    });

    it("to answer is told, and nothing is sent twice", async () => {
      const server = await serve((response, { url }) =>
        url === "/ok" ? response.end() : response.destroy(),
      );
      await send(server.at("/ok")).answer.then(bodyOf);
      const given = { method: "POST", body: bytes("pay") };
      expect(await failureOf(send(server.at("/"), given).answer)).toBe(
        "TypeError: fetch failed: other side closed",
      );
      expect(server.asked).toHaveLength(2);
    });

    it("to end what was begun breaks the body off", async () => {
      const server = await serve((response) => {
        response.writeHead(200, { "content-length": "10" }).write("half");
        void pause(20).then(() => response.destroy());
      });
      const answer = await send(server.at()).answer;
      expect(await failureOf(bodyOf(answer))).toBe(
        "TypeError: terminated: other side closed",
      );
    });

    it("to speak HTTP says so", async () => {
      const sockets: Socket[] = [];
      const server = createServer((socket) => {
        sockets.push(socket);
        socket.on("error", () => {}).end("hello there\r\n\r\n");
      });
      await new Promise<void>((resolve) =>
        server.listen(0, "127.0.0.1", () => resolve()),
      );
      const { port } = server.address() as { port: number };
      const { answer } = send(`http://127.0.0.1:${port}/`);
      expect(await failureOf(answer)).toMatch(
        /^TypeError: fetch failed: .*Expected HTTP/,
      );
      for (const socket of sockets) socket.destroy();
      server.close();
    });
  });

  describe("a connection", () => {
    it("is used again, and does not keep the process", async () => {
      const server = await serve((response) => response.end("x"));
      const connected = () =>
        process
          .getActiveResourcesInfo()
          .filter((name) => name === "TCPSocketWrap").length;
      await textOf(send(server.at()));
      await turn();
      await textOf(send(server.at(), { method: "POST", body: bytes("x") }));
      await until(() => connected() <= server.sockets.size);
      expect(server.sockets.size).toBe(1);
      expect(server.asked[0]?.socket).toBe(server.asked[1]?.socket);
    });

    it("that the server closed meanwhile is made anew", async () => {
      const server = await serve((response) => response.end("x"));
      await textOf(send(server.at()));
      for (const socket of server.sockets) socket.end();
      await until(() => server.sockets.size === 0);
      const again = { method: "POST", body: bytes("x") };
      expect(await textOf(send(server.at(), again))).toBe("x");
    });

    it.each([
      ["::1", "[::1]"],
      ["127.0.0.1", "localhost"],
    ])("reaches %s by the name %s", async (address, name) => {
      const server = await serve((response) => response.end("here"), address);
      expect(await textOf(send(server.at("/", name)))).toBe("here");
    });

    it("is closed when the request is given up", async () => {
      const server = await serve(() => {});
      const started = send(server.at());
      const failure = failureOf(started.answer);
      await until(() => server.asked.length === 1);
      started.abort();
      await failure;
      await until(() => server.sockets.size === 0);
    });

    it("is closed when the answer is given up", async () => {
      const server = await serve((response) => response.write("begin"));
      const started = send(server.at());
      await (await started.answer).body?.next();
      started.abort();
      await until(() => server.sockets.size === 0);
    });

    it("is not made for what was given up before", async () => {
      const server = await serve((response) => response.end());
      const started = send(server.at());
      started.abort();
      await failureOf(started.answer);
      expect(server.asked).toEqual([]);
    });

    it("waits for a slow reader", async () => {
      const total = 64 * 1024 * 1024;
      let written = 0;
      const server = await serve(async (response) => {
        const chunk = Buffer.alloc(256 * 1024);
        for (; written < total; written += chunk.length)
          if (!response.write(chunk))
            await new Promise((resolve) => response.once("drain", resolve));
        response.end();
      });
      const answer = await send(server.at()).answer;
      let before = -1;
      while (before !== written) {
        before = written;
        await pause(100);
      }
      expect(written).toBeLessThan(total / 2);
      expect((await bodyOf(answer)).byteLength).toBe(total);
    });
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

describe("what is left to Node's fetch", () => {
  const url = "http://a.example/";
  it.each([
    ["another scheme", requestFor("data:,x")],
    ["no address", requestFor("here")],
    ["credentials in the address", requestFor("http://a:b@a.example/")],
    ["a port of another protocol", requestFor("http://a.example:25/")],
    ["an unusual method", requestFor(url, { method: "TRACE" })],
    ["a body with GET", requestFor(url, { body: bytes("x") })],
    [
      "a header that is not Latin-1",
      requestFor(url, { headers: [["x", "\u2026"]] }),
    ],
    [
      "a mode that does not exist",
      requestFor(url, { redirect: "no" as "error" }),
    ],
  ])("is %s", (_, request) => {
    expect(isPlainHttp(request)).toBe(false);
  });

  it("is nothing else", () => {
    const body = bytes("x");
    expect(isPlainHttp(requestFor(url))).toBe(true);
    expect(isPlainHttp(requestFor("https://a.example:8443/?q#f"))).toBe(true);
    expect(isPlainHttp(requestFor(url, { method: "POST", body }))).toBe(true);
  });
});

it("Brotli is accepted over https only", () => {
  const accepted = (url: string) => requestHeaders(requestFor(url)).at(-1);
  expect(accepted("https://a.example/")).toBe("br, gzip, deflate");
  expect(accepted("http://a.example/")).toBe("gzip, deflate");
});
