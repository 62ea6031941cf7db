import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startTestBackend, type TestBackend } from "./testing/test-backend";

type RequestBody = NonNullable<RequestInit["body"]>;
const MIB = 1024 * 1024;
const HTTP = `import { httpActionGeneric as httpAction, httpRouter, makeFunctionReference } from "convex/server";
const http = httpRouter();
const at = (path, method, handler) => http.route({ path, method, handler: httpAction(handler) });
const endless = () => { let n = 0; return new ReadableStream({ async pull(controller) { await new Promise((r) => setTimeout(r, 5)); controller.enqueue(new TextEncoder().encode("chunk " + n++)); } }); };
at("/echo", "POST", async (_, request) => new Response(request.body, { headers: request.headers }));
at("/first", "POST", async (_, request) => { const { value } = await request.body.getReader().read(); return new Response(value); });
at("/size", "POST", async (_, request) => new Response(String((await request.arrayBuffer()).byteLength)));
at("/json", "POST", async (_, request) => Response.json({ got: await request.json(), query: new URL(request.url).searchParams.get("q") }));
at("/form", "POST", async (_, request) => { const form = await request.formData(); return new Response(form.get("name") + ":" + await form.get("file").text() + ":" + form.get("file").name); });
at("/ticks", "GET", async () => new Response(endless()));
at("/blob", "GET", async () => new Response(new Blob(["x".repeat(${21 * MIB})])));
at("/text", "GET", async () => new Response("x".repeat(${21 * MIB})));
at("/trickle", "GET", async () => new Response(new ReadableStream({ pull(controller) { controller.enqueue(new Uint8Array(${MIB})); } })));
at("/cookies", "GET", async () => { const headers = new Headers(); headers.append("set-cookie", "a=1"); headers.append("set-cookie", "b=2"); return new Response(null, { status: 204, headers }); });
at("/nothing", "GET", async () => "not a response");
at("/breaks", "GET", async () => new Response(new ReadableStream({ async pull(controller) { controller.enqueue(new Uint8Array(3)); await new Promise((r) => setTimeout(r, 5)); controller.error(new Error("broken")); } })));
at("/forgets", "GET", async () => { void fetch("http://127.0.0.1:1/").catch(() => 0); return new Response("done"); });
export default http;`;

let backend: TestBackend;
const errors: (string | null)[] = [];
beforeAll(async () => {
  backend = await startTestBackend({ "http.ts": HTTP });
  backend.runtime.onLog((entry) => void errors.push(entry.error));
});
afterAll(() => backend.close());

const send = (path: string, init?: RequestInit): Promise<Response> =>
  backend.runtime.runHttpAction(new Request(`http://site.test${path}`, init), {
    kind: "none",
  });
const post = (path: string, body: RequestBody, more: RequestInit = {}) =>
  send(path, { method: "POST", body, ...more });

function slowly(chunks: readonly string[]): ReadableStream<Uint8Array> {
  const left = [...chunks];
  return new ReadableStream({
    async pull(controller) {
      await new Promise((resolve) => setTimeout(resolve, 5));
      const next = left.shift();
      if (next === undefined) controller.close();
      else controller.enqueue(new TextEncoder().encode(next));
    },
  });
}

describe("an HTTP action", () => {
  it("streams its request and its response", async () => {
    const response = await post("/echo", slowly(["a", "b", "c"]), {
      duplex: "half",
      headers: { "x-mine": "1" },
    });
    expect(response.headers.get("x-mine")).toBe("1");
    expect(await response.text()).toBe("abc");
  });

  it("answers before the request has ended, and cancels what it did not read", async () => {
    let cancelled = false;
    const body = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(new TextEncoder().encode("one")),
      cancel: () => void (cancelled = true),
    });
    const response = await post("/first", body, { duplex: "half" });
    expect(await response.text()).toBe("one");
    expect(cancelled).toBe(true);
  });

  it("reads JSON and forms", async () => {
    const json = await post("/json?q=7", JSON.stringify({ a: [1] }));
    expect(await json.json()).toEqual({ got: { a: [1] }, query: "7" });
    const form = new FormData();
    form.append("name", "Ünï");
    form.append("file", new File(["con\r\ntent"], "a.txt"));
    expect(await (await post("/form", form)).text()).toBe(
      "Ünï:con\r\ntent:a.txt",
    );
  });

  it("sends chunks as they come, and stops when the client goes away", async () => {
    const response = await send("/ticks");
    const reader = response.body?.getReader();
    const decoder = new TextDecoder();
    expect(decoder.decode((await reader?.read())?.value)).toBe("chunk 0");
    expect(decoder.decode((await reader?.read())?.value)).toBe("chunk 1");
    await reader?.cancel();
    await expect.poll(() => errors).toContain("The request was aborted");
  });

  it("takes requests up to 20 MiB", async () => {
    const fits = await post("/size", "x".repeat(20 * MIB));
    expect(await fits.text()).toBe(String(20 * MIB));
    const chunks = Array.from({ length: 21 }, () => "x".repeat(MIB));
    const tooLarge = await post("/size", slowly(chunks), { duplex: "half" });
    expect(tooLarge.status).toBe(413);
  });

  it("sends responses up to 20 MiB: what is known to be larger is an error, what turns out to be breaks off", async () => {
    for (const path of ["/blob", "/text"]) {
      const response = await send(path);
      expect([response.status, await response.json()]).toMatchObject([
        500,
        {
          code: expect.stringContaining(
            "HTTP actions support responses up to 20 MiB",
          ),
        },
      ]);
    }
    await expect((await send("/trickle")).arrayBuffer()).rejects.toThrow();
  });

  it("keeps cookies apart, and bodies out of answers that have none", async () => {
    const response = await send("/cookies");
    expect([response.status, response.headers.getSetCookie()]).toEqual([
      204,
      ["a=1", "b=2"],
    ]);
  });

  it("fails for what is not a response, and when its body does", async () => {
    const response = await send("/nothing");
    expect([response.status, await response.json()]).toMatchObject([
      500,
      { code: expect.stringContaining("must return a Response") },
    ]);
    await expect((await send("/breaks")).arrayBuffer()).rejects.toThrow();
    expect(await (await send("/forgets")).text()).toBe("done");
  });
});
