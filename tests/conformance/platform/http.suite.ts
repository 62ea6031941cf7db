import { describe, expect, it } from "vitest";
import { fresh, type Calls } from "../calls";
import type { DeployedApp } from "../deployed-app";

export function httpSuite(app: () => DeployedApp, calls: () => Calls): void {
  const ask = (path: string, init: RequestInit = {}) =>
    fetch(`${app().backend.siteUrl}${path}`, { redirect: "manual", ...init });
  const text = async (path: string, init?: RequestInit) =>
    (await ask(path, init)).text();

  describe.concurrent("HTTP actions", () => {
    it.each(["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])(
      "answer %s",
      async (method) => {
        const response = await ask("/method", { method });
        expect(await response.text()).toBe(`${method} as ${method}`);
        expect(response.headers.get("x-method")).toBe(method);
      },
    );
    it("answer HEAD as GET, without the body", async () => {
      const response = await ask("/method", { method: "HEAD" });
      expect([response.status, await response.text()]).toEqual([200, ""]);
      expect(response.headers.get("x-method")).toBe("GET");
    });
    it("prefer the exact path, then the longest prefix", async () => {
      expect(await text("/files/exact")).toBe("exact");
      expect(await text("/files/a/b")).toBe("prefix /files/a/b");
      expect(await text("/files/images/a")).toBe("longer prefix");
      expect((await ask("/files/x", { method: "POST" })).status).toBe(404);
    });
    it("see the query, the headers and the bytes of a request", async () => {
      const request = await ask("/request?a=1&a=2&b=%20", {
        headers: { "x-custom": "yes" },
      });
      expect(await request.json()).toEqual({
        path: "/request",
        query: [
          ["a", "1"],
          ["a", "2"],
          ["b", " "],
        ],
        header: "yes",
      });
      const body = new Uint8Array(100_000).map((_, index) => index % 251);
      const echo = await ask("/echo", {
        method: "POST",
        body,
        headers: { "content-type": "application/x-test" },
      });
      expect(new Uint8Array(await echo.arrayBuffer())).toEqual(body);
      expect([echo.status, echo.headers.get("x-type")]).toEqual([
        201,
        "application/x-test",
      ]);
      expect(echo.headers.getSetCookie()).toEqual(["a=1", "b=2"]);
    });
    it("stream what they answer, each part as it is made", async () => {
      const run = fresh("stream");
      const reader = (await ask(`/stream?run=${run}`)).body?.getReader();
      const part = async () =>
        new TextDecoder().decode((await reader?.read())?.value);
      expect(await part()).toBe("first");
      await calls().mutation("logs:note", { run, text: "go" });
      expect(await part()).toBe("last");
    });
    it("read a large request as a stream", async () => {
      const response = await ask("/measure", {
        method: "POST",
        body: new Uint8Array(5_000_000),
      });
      expect(await response.json()).toEqual({ bytes: 5_000_000 });
    });
    it("leave CORS to the author", async () => {
      const asked = await ask("/cors", {
        method: "OPTIONS",
        headers: { origin: "https://app.test" },
      });
      expect([
        asked.status,
        asked.headers.get("access-control-allow-origin"),
      ]).toEqual([204, "https://app.test"]);
      const other = await ask("/method", {
        headers: { origin: "https://app.test" },
      });
      expect(other.headers.get("access-control-allow-origin")).toBeNull();
    });
    it("answer with redirects and other statuses", async () => {
      const response = await ask("/redirect");
      expect([response.status, response.headers.get("location")]).toEqual([
        302,
        "/elsewhere",
      ]);
    });
    it("know who sent a token, and hand it on", async () => {
      const token = await app().signToken("caller");
      const signed = await ask("/me", {
        headers: { authorization: `Bearer ${token}` },
      });
      expect(await signed.json()).toEqual(["caller", "caller"]);
      expect(await (await ask("/me")).json()).toEqual([null, null]);
    });
    it("answer 500 with the error when they throw or answer nothing", async () => {
      const thrown = await ask("/throws");
      expect([thrown.status, await thrown.json()]).toEqual([
        500,
        {
          code: expect.stringMatching(/Server Error/),
          trace: expect.stringMatching(/ConvexError/),
          data: { code: 7 },
        },
      ]);
      expect((await ask("/nothing")).status).toBe(500);
      const missing = await ask("/absent");
      expect([missing.status, await missing.text()]).toEqual([
        404,
        "No matching routes found",
      ]);
    });
  });
}
