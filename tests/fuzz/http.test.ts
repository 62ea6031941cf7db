/** Everything a caller should not send over HTTP, while somebody else works undisturbed. */
import { describe, expect, it } from "vitest";
import { useFuzzGround } from "./support/fuzz-ground";
import { sendRaw } from "./support/raw-http";
import { expectRefusal, expectRefusalText } from "./support/refusals";

const ground = useFuzzGround();

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
      const answer = await ground.post(
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
      const answer = await ground.post(
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
