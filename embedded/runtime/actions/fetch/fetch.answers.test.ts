import {
  brotliCompressSync,
  deflateRawSync,
  deflateSync,
  gzipSync,
} from "node:zlib";
import { describe, expect, it } from "vitest";
import { bodyOf, failureOf, textOf } from "./testing/answering-server";
import { bothFetches, serve } from "./testing/both-fetches";

describe.each(bothFetches)("an answer of %s", (_, send) => {
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

describe.each(bothFetches)("an encoding of %s", (_, send) => {
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
