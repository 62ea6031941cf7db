/** Requests that nobody thought of, while somebody else works undisturbed. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { useFuzzGround } from "./support/fuzz-ground";
import { expectRefusalText } from "./support/refusals";

const SEED = 20_261_121;
const ground = useFuzzGround();

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
