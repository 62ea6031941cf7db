import {
  afterAll,
  beforeAll,
  beforeEach,
  describe,
  expect,
  it,
  vi,
} from "vitest";
import {
  type AnsweringServer,
  json,
  startAnsweringServer,
} from "../../tests/support/answering-server";
import type { Json } from "../language/evaluation";
import {
  type HttpCall,
  retryAfterMs,
  sendRequest,
  toOutgoing,
} from "./httpRequest";

let server: AnsweringServer;
beforeAll(async () => {
  server = await startAnsweringServer();
  vi.stubEnv("ALLOW_PRIVATE_NETWORK", "true");
});
afterAll(async () => {
  await server.close();
  vi.unstubAllEnvs();
});
beforeEach(() => server.reset());

function send(request: Json, change: Partial<HttpCall> = {}) {
  return sendRequest(request, {
    signal: AbortSignal.timeout(10_000),
    timeoutMs: 10_000,
    idempotencyKey: "run:step",
    responseSchema: null,
    retryOn: null,
    ...change,
  });
}

const answering = (
  status: number,
  body: string,
  headers: Record<string, string> = {},
) => {
  server.answer = (_, response) =>
    void response.writeHead(status, headers).end(body);
  return { url: server.origin };
};

describe("the request that is sent", () => {
  const outgoing = (request: Json) => toOutgoing(request, "key");

  it("is a GET without a body by default", () => {
    expect(outgoing({ url: "https://a.example/x" })).toEqual({
      url: "https://a.example/x",
      method: "GET",
      headers: {},
      body: null,
    });
  });

  it("is a POST of JSON with a key when json is given", () => {
    expect(outgoing({ url: "https://a.example", json: { a: [1] } })).toEqual({
      url: "https://a.example",
      method: "POST",
      headers: { "content-type": "application/json", "idempotency-key": "key" },
      body: '{"a":[1]}',
    });
  });

  it.each([false, 0, "", null])("sends the JSON value %j", (value) => {
    expect(outgoing({ url: "u", json: value })).toMatchObject({
      body: JSON.stringify(value),
    });
  });

  it("keeps headers that are given, in any case, and drops null ones", () => {
    const headers = {
      "Content-Type": "text/x",
      "Idempotency-Key": "mine",
      a: null,
      n: 7,
    };
    expect(outgoing({ url: "u", json: 1, headers })).toMatchObject({
      headers: { "Content-Type": "text/x", "Idempotency-Key": "mine", n: "7" },
    });
  });

  it.each(["PUT", "PATCH", "DELETE", "post"])(
    "carries its key on %s",
    (method) => {
      expect(outgoing({ url: "u", method })).toMatchObject({
        method: method.toUpperCase(),
        headers: { "idempotency-key": "key" },
      });
    },
  );

  it.each(["GET", "HEAD"])("has neither key nor body on %s", (method) => {
    expect(outgoing({ url: "u", method, body: "x" })).toMatchObject({
      headers: {},
      body: null,
    });
  });

  it("adds the query to the address, lists as repeated names", () => {
    const query = { q: "a b&c", n: 1, no: null, list: ["x", "y"], o: { a: 1 } };
    expect(outgoing({ url: "https://a.example/?x=1", query })).toMatchObject({
      url: "https://a.example/?x=1&q=a+b%26c&n=1&list=x&list=y&o=%7B%22a%22%3A1%7D",
    });
  });

  it.each([
    null,
    "text",
    7,
    ["u"],
    {},
    { url: 7 },
    { url: "u", body: { a: 1 } },
  ])("cannot be made of %j, and a sentence says why", (request) => {
    expect(typeof outgoing(request)).toBe("string");
  });
});

describe("an answer", () => {
  it("gives status, headers and the parsed body", async () => {
    server.answer = (_, response) => json(response, { total: 7 });
    expect(await send({ url: server.origin })).toMatchObject({
      kind: "ok",
      value: {
        status: 200,
        headers: { "content-type": "application/json" },
        body: { total: 7 },
      },
    });
  });

  it.each([
    ["text/html", "<p>hi</p>", "<p>hi</p>"],
    ["application/json", "{broken", "{broken"],
    ["application/problem+json; charset=utf-8", '{"a":1}', { a: 1 }],
    ["text/plain", "1", "1"],
    ["application/json", "", ""],
  ])("of type %s with %j has the body %j", async (type, text, body) => {
    const request = answering(200, text, { "content-type": type });
    expect(await send(request)).toMatchObject({ kind: "ok", value: { body } });
  });

  it("sends the same key with every attempt", async () => {
    await send({ url: server.origin, json: 1 });
    await send({ url: server.origin, json: 1 });
    expect(
      server.asked.map(({ headers }) => headers["idempotency-key"]),
    ).toEqual(["run:step", "run:step"]);
  });

  it.each([
    [400, false],
    [401, false],
    [403, false],
    [404, false],
    [408, true],
    [409, true],
    [410, false],
    [422, false],
    [425, true],
    [429, true],
    [500, true],
    [501, true],
    [503, true],
    [504, true],
  ])("with status %i fails; worth a retry: %s", async (status, retryable) => {
    const result = await send(answering(status, "no"));
    expect(result).toMatchObject({
      kind: "failed",
      error: {
        name: "HttpError",
        code: "http_status",
        retryable,
        http: { method: "GET", status },
        message: expect.stringMatching(new RegExp(`^${status} .*: no$`)),
      },
    });
  });

  it("is worth a retry exactly for the statuses that the step lists", async () => {
    const call = { retryOn: [404] };
    expect(await send(answering(404, ""), call)).toMatchObject({
      error: { retryable: true },
    });
    expect(await send(answering(500, ""), call)).toMatchObject({
      error: { retryable: false },
    });
  });

  it("that is a page of HTML is quoted only in part", async () => {
    const result = await send(answering(500, "<html>".repeat(10_000)));
    expect(
      result.kind === "failed" && result.error.message.length,
    ).toBeLessThan(400);
  });

  it("says how long to wait", async () => {
    const request = answering(429, "", { "retry-after": "7" });
    expect(await send(request)).toMatchObject({ retryAfterMs: 7_000 });
  });

  it("that does not match the response schema fails at once", async () => {
    const responseSchema = {
      type: "object",
      properties: { total: { type: "number" } },
      required: ["total"],
    };
    server.answer = (_, response) => json(response, { total: "7" });
    expect(
      await send({ url: server.origin }, { responseSchema }),
    ).toMatchObject({
      kind: "failed",
      error: {
        code: "schema_mismatch",
        retryable: false,
        message: expect.stringContaining("total"),
      },
    });
    const html = answering(200, "<p>", { "content-type": "text/html" });
    expect(await send(html, { responseSchema })).toMatchObject({
      error: {
        code: "schema_mismatch",
        message: expect.stringContaining("text/html, not JSON"),
      },
    });
  });

  it("of 50 MiB fails without a retry", async () => {
    server.answer = (_, response) =>
      void response.end(Buffer.alloc(50 * 1024 * 1024));
    expect(await send({ url: server.origin })).toMatchObject({
      error: { code: "payload_too_large", retryable: false },
    });
  });
});

describe("no answer", () => {
  it("within the time is a timeout, worth a retry", async () => {
    server.answer = () => undefined;
    const call = { signal: AbortSignal.timeout(30), timeoutMs: 30 };
    expect(await send({ url: server.origin }, call)).toMatchObject({
      error: {
        code: "timeout",
        retryable: true,
        message: "No answer within 30 ms.",
      },
    });
  });

  it("within the time is a timeout also in the middle of the body", async () => {
    server.answer = (_, response) => void response.write("half");
    const call = { signal: AbortSignal.timeout(60), timeoutMs: 60 };
    expect(await send({ url: server.origin }, call)).toMatchObject({
      error: { code: "timeout", retryable: true },
    });
  });

  it("because the run was cancelled is not worth a retry", async () => {
    const abort = new AbortController();
    server.answer = () => abort.abort();
    expect(
      await send({ url: server.origin }, { signal: abort.signal }),
    ).toMatchObject({
      error: { code: "cancelled", retryable: false },
    });
    await server.until(() => server.open === 0);
    expect(server.asked[0]?.aborted).toBe(true);
  });

  it("because nobody listens says so, and is worth a retry", async () => {
    const gone = await startAnsweringServer();
    const url = gone.origin;
    await gone.close();
    expect(await send({ url })).toMatchObject({
      error: {
        code: "network",
        retryable: true,
        message: expect.stringContaining("ECONNREFUSED"),
      },
    });
  });

  it("because the connection broke is worth a retry", async () => {
    server.answer = (_, response) => void response.destroy();
    expect(await send({ url: server.origin })).toMatchObject({
      error: { code: "network", retryable: true },
    });
  });

  it("because the request is no request is not worth a retry", async () => {
    expect(await send({ url: 7 })).toMatchObject({
      error: { code: "invalid_request", retryable: false },
    });
    const request = { url: server.origin, headers: { "no good": "x" } };
    expect(await send(request)).toMatchObject({
      error: { code: "invalid_request", retryable: false },
    });
  });
});

describe("Retry-After", () => {
  const now = Date.parse("2026-01-01T00:00:00Z");
  it.each([
    ["7", 7_000],
    ["0.5", 500],
    ["Thu, 01 Jan 2026 00:01:00 GMT", 60_000],
    ["999999999", 24 * 3600 * 1000],
    ["0", null],
    ["-3", null],
    ["Wed, 31 Dec 2025 00:00:00 GMT", null],
    ["soon", null],
    ["", null],
    [undefined, null],
  ])("%j is %j ms", (header, ms) => {
    expect(retryAfterMs(header, now)).toBe(ms);
  });
});
