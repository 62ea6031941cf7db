/** What the platform of realms gives is what Node.js gives: each snippet runs in both. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startTestBackend, type TestBackend } from "../../testing/test-backend";

/** Bodies of async functions. */
const SNIPPETS: { [name: string]: string } = {
  "parts of URLs": `const url = new URL("https://us%65r:pw@example.com:8080/a/../b c?x=1&y=%20#h"); url.port = "443"; url.pathname = "/ä"; url.hash = ""; url.host = "x.test:99"; return [url.href, url.origin, url.username, url.search, String(url), JSON.stringify({ url }), URL.canParse("nope"), URL.canParse("/a", "http://b")];`,
  "relative URLs": `return ["../x", "?q", "//h/p", "mailto:a@b", ""].map((path) => new URL(path, "http://a/b/c/d?e#f").href);`,
  "parameters and their URL": `const url = new URL("http://a/?a=1&b=2&a=3"); url.searchParams.append("c", "ü & ="); url.searchParams.delete("b"); url.searchParams.set("a", "x y"); const first = url.href; url.search = "?z=1+2&w"; return [first, [...url.searchParams], url.searchParams.get("z"), url.searchParams.has("w"), url.searchParams.size];`,
  "parameters of every origin": `const make = (init) => [...new URLSearchParams(init)]; const sorted = new URLSearchParams("b=1&a=2&b=0"); sorted.sort(); return [make("?a=%zz&b=%41&%C3%A4=%F0%9F%98%80"), make({ a: 1, b: "x" }), make([["a", "b"]]), make(new Map([["k", "v"]])), sorted.toString(), new URLSearchParams({ "a b": "ä*-._~!'()" }).toString()];`,
  headers: `const headers = new Headers({ "B-b": " x ", a: "1" }); headers.append("A", "2"); headers.append("Set-Cookie", "x=1"); headers.append("set-cookie", "y=2"); const got = [[...headers], headers.get("a"), headers.getSetCookie(), headers.has("B-B")]; for (const bad of [() => headers.set("a b", "c"), () => headers.set("a", "b\\nc")]) try { bad(); got.push("taken"); } catch (error) { got.push(error.name); } return got;`,
  text: `const bytes = new TextEncoder().encode("aä\\u20ac\\u{1F600}\\ud800"); const part = new Uint8Array(4); const decoder = new TextDecoder(); return [[...bytes], new TextDecoder().decode(bytes), new TextEncoder().encodeInto("ää€", part), [...part], decoder.decode(new Uint8Array([0xe2, 0x82]), { stream: true }) + decoder.decode(new Uint8Array([0xac])), new TextDecoder("utf-16le").decode(new Uint8Array([65, 0])), new TextDecoder("latin1").encoding, new TextDecoder().decode(new Uint8Array([0xef, 0xbb, 0xbf, 65]).subarray(0))];`,
  base64: `const got = [btoa("a\\u00ff"), atob("Yf8="), atob(" Y Q = = ")]; for (const bad of [() => btoa("\\u0100"), () => atob("a")]) try { bad(); } catch (error) { got.push(error.name, error instanceof DOMException, error.code); } return got;`,
  clones: `const value = { a: [1, , 3], d: new Date(5), r: /x/gi, m: new Map([[{ k: 1 }, new Set([1])]]), e: new RangeError("no"), b: new Uint8Array([1, 2]).subarray(1), n: Object(5), u: undefined, big: 5n }; value.self = value; const copy = structuredClone(value); return [copy.self === copy, copy.d.getTime(), String(copy.r), [...copy.m.keys()][0].k, [...copy.m.values()][0].has(1), copy.e instanceof RangeError, copy.e.message, [...copy.b], copy.n + 1, "u" in copy, 1 in copy.a, copy.big === 5n, (() => { try { structuredClone({ f() {} }); } catch (error) { return error.name; } })()];`,
  "blobs and files": `const blob = new Blob(["aä", new Uint8Array([98]), new Blob(["c"])], { type: "Text/Plain" }); const file = new File([blob], "f.txt", { lastModified: 7 }); return [blob.size, blob.type, await blob.text(), await blob.slice(1, -1, "x/y").text(), blob.slice(0, 1, "x/y").type, [...new Uint8Array(await blob.arrayBuffer())], file.name, file.lastModified, await file.text(), await new Response(blob.stream()).text()];`,
  forms: `const form = new FormData(); form.append("a", "1"); form.append("a", "2"); form.set("b", new Blob(["x"], { type: "t/t" }), "n.bin"); form.append("q\\"uote", "line\\nbreak"); const sent = await new Response(form).formData(); return [[...form.keys()], sent.getAll("a"), sent.get("b").name, sent.get("b").type, await sent.get("b").text(), sent.get("q\\"uote"), sent.has("c")];`,
  requests: `const request = new Request("http://a/b?c", { method: "post", headers: { x: "1" }, body: JSON.stringify({ a: 1 }) }); const clone = request.clone(); const got = [request.method, request.url, request.headers.get("content-type"), await request.json(), request.bodyUsed, await clone.text()]; await request.text().catch((error) => got.push(error.name)); try { new Request("http://a", { body: "x" }); } catch (error) { got.push(error.name); } return got;`,
  responses: `const response = Response.json({ a: 1 }, { status: 201, headers: { x: "y" } }); const got = [response.status, response.ok, response.headers.get("content-type"), await response.clone().json(), await response.text(), Response.redirect("http://a/b", 307).headers.get("location"), Response.error().type, new Response(null, { status: 204 }).body, new Response("x", { statusText: "fine" }).statusText]; for (const bad of [() => new Response("x", { status: 204 }), () => new Response("x", { status: 99 }), () => Response.redirect("http://a", 200)]) try { bad(); } catch (error) { got.push(error.name); } return got;`,
  "bodies of every kind": `const texts = []; for (const body of ["t", new URLSearchParams({ a: "b c" }), new Uint8Array([65]), new Uint8Array([66]).buffer, new DataView(new Uint8Array([67]).buffer), new Blob(["d"], { type: "x/y" }), null]) { const response = new Response(body); texts.push([response.headers.get("content-type"), await response.text()]); } return texts;`,
  streams: `const numbers = new ReadableStream({ start(c) { c.enqueue(1); c.enqueue(2); c.close(); } }); const [left, right] = numbers.tee(); const doubled = left.pipeThrough(new TransformStream({ transform(n, c) { c.enqueue(n * 2); } })); const got = []; for await (const n of doubled) got.push(n); const written = []; await right.pipeTo(new WritableStream({ write(n) { written.push(n); } })); const reader = new ReadableStream({ pull(c) { c.error(new Error("broken")); } }).getReader(); await reader.read().catch((error) => got.push(error.message)); return [got, written];`,
  compression: `const squeeze = async (format) => { const packed = new Response(new Blob(["hello ".repeat(50)]).stream().pipeThrough(new CompressionStream(format))); const bytes = await packed.arrayBuffer(); return [bytes.byteLength < 60, (await new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream(format))).text()).length]; }; return [await squeeze("gzip"), await squeeze("deflate"), await squeeze("deflate-raw")];`,
  "text streams": `const stream = new Blob([new Uint8Array([0xe2]), new Uint8Array([0x82, 0xac])]).stream().pipeThrough(new TextDecoderStream()); let text = ""; for await (const chunk of stream) text += chunk; const bytes = await new Response(new ReadableStream({ start(c) { c.enqueue("ä"); c.close(); } }).pipeThrough(new TextEncoderStream())).arrayBuffer(); return [text, [...new Uint8Array(bytes)]];`,
  events: `const got = []; const target = new EventTarget(); const listener = (event) => got.push(event.type, event.target === target, event.defaultPrevented); target.addEventListener("a", listener); target.addEventListener("a", listener); target.addEventListener("a", { handleEvent(event) { event.preventDefault(); } }, { once: true }); got.push(target.dispatchEvent(new Event("a", { cancelable: true })), target.dispatchEvent(new Event("a", { cancelable: true }))); target.removeEventListener("a", listener); target.dispatchEvent(new Event("a")); return got;`,
  signals: `const got = []; const controller = new AbortController(); const any = AbortSignal.any([controller.signal, AbortSignal.abort("x").reason === "x" ? new AbortController().signal : null]); any.addEventListener("abort", (event) => got.push(event.type)); controller.signal.onabort = () => got.push("on"); controller.abort(); controller.abort("again"); try { any.throwIfAborted(); } catch (error) { got.push(error.name, error.code); } return [...got, controller.signal.reason.name, AbortSignal.abort().aborted];`,
  "digests and signatures": `const data = new TextEncoder().encode("data"); const hex = (buffer) => [...new Uint8Array(buffer)].map((b) => b.toString(16)).join(""); const key = await crypto.subtle.importKey("raw", data, { name: "HMAC", hash: "SHA-256" }, true, ["sign", "verify"]); const signature = await crypto.subtle.sign("HMAC", key, data); return [hex(await crypto.subtle.digest("SHA-1", data)), hex(signature), await crypto.subtle.verify("HMAC", key, signature, data), await crypto.subtle.verify("HMAC", key, new Uint8Array(32), data), key.type, key.extractable, key.usages, key.algorithm.name, key.algorithm.hash.name, (await crypto.subtle.exportKey("jwk", key)).k];`,
  "async local storage": `const storage = new AsyncLocalStorage(); const wait = () => Promise.resolve(); const inner = await storage.run("a", async () => { await wait(); const bound = AsyncLocalStorage.bind(() => storage.getStore()); return [storage.getStore(), storage.run("b", () => storage.getStore()), storage.exit(() => storage.getStore() ?? "none"), storage.run("c", bound)]; }); return [...inner, storage.getStore() ?? "none"];`,
};
/** Only where randomness and time are real. */
const ACTION_SNIPPETS: typeof SNIPPETS = {
  "keys that are made": `const data = new Uint8Array([1, 2, 3]); const got = []; for (const [algorithm, usages, operation] of [[{ name: "ECDSA", namedCurve: "P-256" }, ["sign", "verify"], { name: "ECDSA", hash: "SHA-256" }], [{ name: "RSASSA-PKCS1-v1_5", modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]), hash: "SHA-256" }, ["sign", "verify"], "RSASSA-PKCS1-v1_5"]]) { const { publicKey, privateKey } = await crypto.subtle.generateKey(algorithm, true, usages); const signature = await crypto.subtle.sign(operation, privateKey, data); const jwk = await crypto.subtle.exportKey("jwk", publicKey); const again = await crypto.subtle.importKey("jwk", jwk, algorithm, true, ["verify"]); got.push(await crypto.subtle.verify(operation, again, signature, data), publicKey.type, jwk.kty, [...(publicKey.algorithm.publicExponent ?? [])]); } return got;`,
  "encryption and derivation": `const key = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]); const iv = crypto.getRandomValues(new Uint8Array(12)); const sealed = await crypto.subtle.encrypt({ name: "AES-GCM", iv }, key, new Uint8Array([7])); const make = () => crypto.subtle.generateKey({ name: "ECDH", namedCurve: "P-256" }, true, ["deriveBits"]); const [a, b] = [await make(), await make()]; const bits = async (mine, theirs) => [...new Uint8Array(await crypto.subtle.deriveBits({ name: "ECDH", public: theirs.publicKey }, mine.privateKey, 128))].join(); return [[...new Uint8Array(await crypto.subtle.decrypt({ name: "AES-GCM", iv }, key, sealed))], await bits(a, b) === await bits(b, a), await crypto.subtle.exportKey("raw", key).catch((error) => error.name)];`,
  timers: `const order = []; const stopped = setTimeout(() => order.push("no"), 1); clearTimeout(stopped); await new Promise((resolve) => { const beat = setInterval((mark) => { order.push(mark); if (order.length === 3) { clearInterval(beat); resolve(); } }, 1, "beat"); }); await new Promise((resolve) => setImmediate(resolve)); queueMicrotask(() => order.push("micro")); await null; return order;`,
  "signals in time": `const signal = AbortSignal.timeout(5); await new Promise((resolve) => signal.addEventListener("abort", resolve)); return [signal.reason.name, signal.reason.code];`,
  fetch: `const response = await fetch("data:text/plain;charset=utf-8,h%C3%A4llo"); const got = [response.status, response.ok, response.headers.get("content-type"), response.type, await response.text()]; for (const url of ["no url", "nope:x"]) await fetch(url).catch((error) => got.push(error.name)); await fetch("data:,x", { signal: AbortSignal.abort() }).catch((error) => got.push(error.name)); return got.filter((value) => value !== "basic" && value !== "default");`,
};

const all = { ...SNIPPETS, ...ACTION_SNIPPETS };
const source = (builder: string, snippets: typeof SNIPPETS) =>
  `import { ${builder}Generic as ${builder} } from "convex/server";\n` +
  Object.values(snippets)
    .map(
      (body, index) =>
        `export const run${index} = ${builder}(async () => JSON.stringify(await (async () => { ${body} })()));`,
    )
    .join("\n");

let backend: TestBackend;
beforeAll(async () => {
  backend = await startTestBackend({
    "q.ts": source("query", SNIPPETS),
    "a.ts": source("action", all),
  });
});
afterAll(() => backend.close());

async function inRealm(path: string): Promise<unknown> {
  const outcome = await backend.runtime.runAny(backend.call(path));
  if (outcome.kind === "failed") throw new Error(outcome.errorMessage);
  return JSON.parse(String(outcome.value));
}

async function inNode(body: string): Promise<unknown> {
  const { AsyncLocalStorage } = await import("node:async_hooks");
  // eslint-disable-next-line @typescript-eslint/no-implied-eval -- the same text runs in both
  const run = new Function(
    "AsyncLocalStorage",
    `return (async () => { ${body} })();`,
  ) as (storage: unknown) => Promise<unknown>;
  return JSON.parse(JSON.stringify(await run(AsyncLocalStorage)));
}

describe.each([
  ["a query", "q", SNIPPETS],
  ["an action", "a", all],
] as const)("%s finds as in Node.js", (_kind, module, snippets) => {
  it.each(Object.keys(snippets).map((name, index) => [name, index] as const))(
    "%s",
    async (name, index) => {
      const found = await inRealm(`${module}:run${index}`);
      expect(found).toEqual(await inNode(all[name] ?? ""));
    },
  );
});
