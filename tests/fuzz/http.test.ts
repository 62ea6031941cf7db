/** Everything a caller should not send over HTTP, while somebody else works undisturbed. */
import { request as httpRequest } from "node:http";
import { Readable } from "node:stream";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { useFuzzGround } from "./support/fuzz-ground";
import { sendRaw } from "./support/raw-http";
import { expectRefusal, expectRefusalText } from "./support/refusals";

const MIB = 1024 * 1024;
const SEED = 20_261_121;
const ground = useFuzzGround();

const post = (path: string, body: BodyInit, headers: HeadersInit = {}) =>
  fetch(ground.backend.url + path, { method: "POST", body, headers });

describe("request bodies", () => {
  it.each([
    ["/api/query", "{"],
    ["/api/query", ""],
    ["/api/query", "null"],
    ["/api/query", "[]"],
    ["/api/query", `{"path":1}`],
    ["/api/query", `{"path":"a:b","args":{},"format":"xml"}`],
    ["/api/mutation", `{"args":{}}`],
    ["/api/action", "\u0000"],
    ["/api/function", `{"path":null,"args":{}}`],
    ["/api/query_batch", `{"queries":{}}`],
    [
      "/api/query_batch",
      JSON.stringify({ queries: Array(1001).fill({ path: "a:b" }) }),
    ],
    ["/api/query_at_ts", `{"path":"a:b","args":{},"ts":"soon"}`],
    ["/api/run/messages/list", "no"],
    ["/api/deploy2/start_push", `{"adminKey":7}`],
    ["/api/deploy2/start_push", `{}`],
    ["/api/deploy2/finish_push", `{"adminKey":"wrong"}`],
    ["/api/update_environment_variables", `{"changes":[]}`],
    ["/api/query", "[".repeat(200_000)],
    [
      "/api/query",
      `{"path":"messages:any","args":{"value":${"[".repeat(100_000)}${"]".repeat(100_000)}}}`,
    ],
  ])("that %s does not take are refused (%#)", async (path, body) => {
    await expectRefusal(await post(path, body));
  });

  it("that are compressed but damaged are refused", async () => {
    const headers = { "content-encoding": "br" };
    await expectRefusal(await post("/api/query", "not brotli", headers), {
      status: 400,
    });
  });

  it("that say they are too large are refused before they are sent", async () => {
    const { status, text } = await new Promise<{
      status: number;
      text: string;
    }>((resolve, reject) => {
      const request = httpRequest(`${ground.backend.url}/api/query`, {
        method: "POST",
        headers: { "content-length": 100 * MIB },
      });
      request.on("error", reject);
      request.on("response", (response) => {
        let text = "";
        response.on("data", (chunk: Buffer) => (text += chunk.toString()));
        response.on("end", () =>
          resolve({ status: response.statusCode ?? 0, text }),
        );
      });
      request.flushHeaders();
    });
    expectRefusalText(status, text);
    expect(status).toBe(413);
  });

  it("that turn out to be too large are refused, and memory is given back", async () => {
    const before = ground.backend.residentMegabytes();
    const answers = await Promise.all(
      Array.from({ length: 4 }, () => streamed("/api/query", 100)),
    );
    for (const answer of answers)
      expect([413, 503, null]).toContain(answer?.status ?? null);
    expect(answers.some((answer) => answer !== null)).toBe(true);
    expect(ground.backend.residentMegabytes() - before).toBeLessThan(600);
  });

  it("of HTTP actions may have 20 MiB", async () => {
    const length = (megabytes: number) =>
      fetch(`${ground.backend.siteUrl}/length`, {
        method: "POST",
        body: new Uint8Array(megabytes * MIB),
      });
    expect(await (await length(20)).json()).toBe(20 * MIB);
    await expectRefusal(await length(21), { status: 413 });
  });
});

/** A body without a length, sent as fast as it is taken. Null when the connection broke. */
async function streamed(
  path: string,
  megabytes: number,
): Promise<Response | null> {
  const chunk = new Uint8Array(MIB).fill(32);
  const body = Readable.toWeb(
    Readable.from(
      (function* () {
        for (let sent = 0; sent < megabytes; sent += 1) yield chunk;
      })(),
    ),
  );
  const init = { method: "POST", body, duplex: "half" };
  return fetch(ground.backend.url + path, init as RequestInit).catch(
    () => null,
  );
}

describe("responses of HTTP actions", () => {
  it("may have 20 MiB; larger ones are an error", async () => {
    const get = (megabytes: number) =>
      fetch(`${ground.backend.siteUrl}/large?megabytes=${megabytes}`);
    expect((await (await get(20)).text()).length).toBe(20 * MIB);
    const tooLarge = await get(21).then(
      async (response) => [response.status, await response.text()],
      () => [500, "broken off"],
    );
    expect(tooLarge).toEqual([500, expect.not.stringMatching(/^x/)]);
  });
});

describe("callers", () => {
  const authorized = (path: string, authorization: string) =>
    fetch(ground.backend.url + path, { headers: { authorization } });

  it.each([
    "Convex wrong",
    "Convex lockstep|0123",
    "Bearer not.a.token",
    "Bearer eyJhbGciOiJub25lIn0.eyJpc3MiOiJ4Iiwic3ViIjoieSIsImV4cCI6OTk5OTk5OTk5OX0.",
    `Bearer ${"a".repeat(10_000)}`,
    "Basic YTpi",
    "Convex",
    "Convex key:notbase64json",
  ])("who are not who they say are refused (%#)", async (authorization) => {
    for (const path of [
      "/metrics",
      "/api/v1/get_canonical_urls",
      "/api/stream_function_logs",
      "/api/query?path=messages:list",
    ])
      await expectRefusal(await authorized(path, authorization));
  });

  it("without the admin key see no metrics, logs or variables, and may not push", async () => {
    for (const path of [
      "/metrics",
      "/api/stream_function_logs",
      "/api/v1/list_environment_variables",
      "/metrics?adminKey=guess",
    ])
      await expectRefusal(await fetch(ground.backend.url + path), {
        status: 401,
      });
  });

  it("with forged or foreign ids get the function's error", async () => {
    for (const id of [
      "",
      "x",
      "0400000000000000000000000000248",
      "\u0000",
      "__proto__",
    ]) {
      const answer = await post(
        "/api/query",
        JSON.stringify({ path: "messages:find", args: { id } }),
      );
      expect(await answer.json()).toMatchObject({
        status: "error",
        errorMessage: expect.stringMatching(/ArgumentValidationError/),
      });
    }
  });

  it("of functions that do not exist are told so", async () => {
    for (const path of [
      "no:such",
      "",
      ":",
      "../messages:list",
      "__proto__:x",
      "messages:__proto__",
      "messages:constructor",
      "_deps/x:y",
      "a".repeat(10_000),
    ]) {
      const answer = await post(
        "/api/query",
        JSON.stringify({ path, args: {} }),
      );
      expect(answer.status).toBeLessThan(500);
      expect(await answer.text()).toMatch(/"status":"error"|"code":/);
    }
  });
});

describe("paths", () => {
  it.each([
    "/api/storage/..%2f..%2fadmin-key",
    "/api/storage/%2e%2e%2fadmin-key",
    "/api/storage/%00",
    "/api/storage/%ff%fe",
    "/api/storage//etc/passwd",
    "/api/storage/../../admin-key",
    "/api/storage/00000000-0000-0000-0000-000000000000",
    "/api/storage/00000000-0000-0000-0000-000000000000?component=../..",
    "/api/../../etc/passwd",
    "/api/nonsense",
    "/admin-key",
    "//evil.example/api/query",
  ])("that lead nowhere stay inside: %s", async (path) => {
    const answer = await sendRaw(
      ground.backend.port,
      `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`,
    );
    expectRefusalText(answer?.status ?? 0, answer?.body ?? "");
  });

  it("reach HTTP actions without becoming others", async () => {
    const port = Number(new URL(ground.backend.siteUrl).port);
    for (const path of ["/path/%2e%2e%2fx", "/path/%00", "/path/a//b"]) {
      const answer = await sendRaw(
        port,
        `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`,
      );
      expect(answer?.status).toBe(200);
    }
    const dots = await sendRaw(
      port,
      "GET /path/../slow?ms=0 HTTP/1.1\r\nHost: x\r\n\r\n",
    );
    expect(dots).toEqual({ status: 200, body: "done" });
  });
});

describe("requests that are not HTTP as it should be", () => {
  const head = (line: string, ...headers: string[]) =>
    `${[line, "Host: x", ...headers].join("\r\n")}\r\n\r\n`;

  it.each([
    ["no HTTP", "hello\r\n\r\n"],
    ["an unknown method", head("FETCH / HTTP/1.1")],
    ["a method that is for proxies", head("CONNECT evil:443 HTTP/1.1")],
    ["TRACE", head("TRACE / HTTP/1.1")],
    ["another method", head("DELETE /api/query HTTP/1.1")],
    ["a bad host", "GET / HTTP/1.1\r\nHost: a b\r\n\r\n"],
    ["huge headers", head("GET / HTTP/1.1", `X: ${"a".repeat(200_000)}`)],
    [
      "many headers",
      head(
        "GET / HTTP/1.1",
        ...Array.from({ length: 20_000 }, (_, n) => `X${n}: 1`),
      ),
    ],
    ["a huge request line", head(`GET /${"a".repeat(200_000)} HTTP/1.1`)],
    [
      "two lengths",
      head(
        "POST /api/query HTTP/1.1",
        "Content-Length: 1",
        "Content-Length: 2",
      ),
    ],
    [
      "smuggling",
      head(
        "POST /api/query HTTP/1.1",
        "Content-Length: 4",
        "Transfer-Encoding: chunked",
      ),
    ],
    [
      "a negative length",
      head("POST /api/query HTTP/1.1", "Content-Length: -1"),
    ],
    [
      "an upgrade elsewhere",
      head(
        "GET /api/query HTTP/1.1",
        "Connection: Upgrade",
        "Upgrade: websocket",
      ),
    ],
    [
      "an upgrade of two slashes",
      head("GET // HTTP/1.1", "Connection: Upgrade", "Upgrade: websocket"),
    ],
    [
      "an upgrade to no URL",
      head(
        "GET http://[ HTTP/1.1",
        "Connection: Upgrade",
        "Upgrade: websocket",
      ),
    ],
    [
      "a handshake without key",
      head(
        "GET /api/sync HTTP/1.1",
        "Connection: Upgrade",
        "Upgrade: websocket",
      ),
    ],
    [
      "a version of no client",
      head(
        "GET /api/latest/sync HTTP/1.1",
        "Connection: Upgrade",
        "Upgrade: websocket",
      ),
    ],
  ])("are refused in the one shape: %s", async (_what, bytes) => {
    const answer = await sendRaw(ground.backend.port, bytes);
    expectRefusalText(answer?.status ?? 0, answer?.body ?? "");
  });

  it("of which half arrives do no harm", async () => {
    const partial =
      head("POST /api/query HTTP/1.1", "Content-Length: 100") + "{";
    await expect(sendRaw(ground.backend.port, partial, 300)).rejects.toThrow();
  });
});

describe("any request", () => {
  const path = fc.oneof(
    fc.constantFrom(
      "/api/query",
      "/api/mutation",
      "/api/action",
      "/api/function",
      "/api/query_batch",
      "/api/query_ts",
      "/api/query_at_ts",
      "/api/storage/upload",
      "/api/deploy2/start_push",
      "/api/import/start_upload",
      "/api/run/messages/send",
      "/api/stream_udf_execution",
      "/api/run_test_function",
      "/echo",
      "/http/x",
      "/metrics",
    ),
    fc.webPath().map((text) => `/${text}`),
  );
  const value = fc.jsonValue({ maxDepth: 4 });
  const body = fc.oneof(
    fc.string({ unit: "binary" }),
    value.map((json) => JSON.stringify(json)),
    fc
      .record({
        path: fc.constantFrom(
          "messages:keep",
          "messages:any",
          "messages:list",
          "messages:find",
          "x",
          "work:sleep",
        ),
        args: fc.oneof(
          value,
          fc.record({ value }),
          fc.record({ id: fc.string() }),
        ),
        format: fc.constantFrom("json", "convex_encoded_json", undefined),
      })
      .map((call) => JSON.stringify(call)),
    fc.constant(
      `{"path":"messages:keep","args":{"value":{"__proto__":{"a":1},"constructor":1}}}`,
    ),
    fc.constant(`{"path":"messages:keep","args":{"value":{"$integer":"x"}}}`),
    fc.constant(`{"path":"messages:keep","args":{"value":"\\ud800"}}`),
  );
  const headers = fc.dictionary(
    fc.constantFrom(
      "authorization",
      "content-type",
      "x-forwarded-proto",
      "forwarded",
      "convex-client",
      "origin",
      "range",
      "digest",
      "content-encoding",
    ),
    fc.oneof(
      fc.constantFrom(
        "br",
        "Convex x",
        "Bearer x",
        "bytes=9-1",
        "sha-256=!",
        "npm-1.48.0",
        "javascript",
      ),
      fc.string({ minLength: 1 }),
    ),
    { maxKeys: 3 },
  );

  it("is answered, and never with more than its fault", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(
          "GET",
          "POST",
          "PUT",
          "PATCH",
          "DELETE",
          "OPTIONS",
          "HEAD",
        ),
        path,
        body,
        headers,
        async (method, target, content, given) => {
          const response = await tryFetch(target, {
            method,
            headers: given,
            signal: AbortSignal.timeout(15_000),
            ...(method === "GET" || method === "HEAD" ? {} : { body: content }),
          });
          if (response === null) return;
          const text = await response.text();
          const where = `${method} ${target} ${content.slice(0, 200)}: ${response.status} ${text.slice(0, 300)}`;
          expect(response.status, where).not.toBe(500);
          expect(text, where).not.toMatch(/node:internal|\/embedded\//);
          const isOurs = !target.startsWith("/http") && method !== "HEAD";
          if (response.status >= 400 && isOurs)
            expectRefusalText(response.status, text);
        },
      ),
      { seed: SEED, numRuns: 400, interruptAfterTimeLimit: 45_000 },
    );
  });

  /** Null for what `fetch` itself will not send. */
  async function tryFetch(target: string, init: RequestInit) {
    let request: Request;
    try {
      request = new Request(ground.backend.url + target, init);
    } catch {
      return null;
    }
    return fetch(request);
  }
});
