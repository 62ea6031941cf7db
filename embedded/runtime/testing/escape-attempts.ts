/**
 * For tests: source of functions that try to reach an object that is not of their realm. From one such object,
 * `object.constructor.constructor("return process")()` would be the process.
 */

/** `foreignIn(value, name)`: paths to objects of another realm, among everything that `value` leads to. */
export const FOREIGN_OBJECTS = `
const OWN_ROOT = Object.prototype;
function rootOf(value) {
  let root = value;
  for (let next = Object.getPrototypeOf(root); next !== null; next = Object.getPrototypeOf(next)) root = next;
  return root;
}
function reachesProcess(value) {
  try { return typeof value.constructor.constructor("return process")().pid === "number"; } catch { return false; }
}
function foreignIn(start, name) {
  const seen = new Set();
  const found = [];
  const queue = [[start, name]];
  while (queue.length > 0) {
    const [value, path] = queue.pop();
    const isObject = (typeof value === "object" && value !== null) || typeof value === "function";
    if (!isObject || seen.has(value) || seen.size > 50000) continue;
    seen.add(value);
    const root = rootOf(value);
    const isForeign = root !== OWN_ROOT && (typeof value === "function" || root !== value);
    if (isForeign || reachesProcess(value)) { found.push(path); continue; }
    queue.push([Object.getPrototypeOf(value), path + ".__proto__"]);
    for (const key of Reflect.ownKeys(value)) {
      const at = path + "." + String(key);
      const property = Object.getOwnPropertyDescriptor(value, key);
      if (property === undefined) continue;
      if ("value" in property) queue.push([property.value, at]);
      else {
        queue.push([property.get, at + ".get"], [property.set, at + ".set"]);
        try { const got = value[key]; if (got instanceof Promise) got.catch(() => 0); queue.push([got, at]); } catch (error) { queue.push([error, at + " (thrown)"]); }
      }
    }
  }
  return found;
}`;

/** Each is the body of an async function that returns what it got hold of. */
export const ESCAPE_ATTEMPTS: { [name: string]: string } = {
  "the constructor of the global object": `return [this, globalThis.constructor, globalThis.__proto__, globalThis.constructor?.constructor];`,
  "the object behind the context": `return [globalThis.valueOf(), Object.getPrototypeOf(globalThis), globalThis.toString, globalThis.hasOwnProperty];`,
  "the surroundings of a module": `return [require, module, exports, module.exports, require.constructor];`,
  "arguments of the module's function": `return [typeof arguments === "undefined" ? null : arguments, typeof arguments === "undefined" ? null : arguments.callee];`,
  "the callers of a function": `function f() { return f.caller; } const got = []; try { got.push(f(), f.caller, f.arguments); } catch (error) { got.push(error); } return got;`,
  "the script that enters the realm": `const step = globalThis["%convexStep"]; return [step, step?.(), Reflect.getOwnPropertyDescriptor(globalThis, "%convexStep")];`,
  "frames given to Error.prepareStackTrace": `const got = []; Error.prepareStackTrace = (error, frames) => { got.push(error, frames, frames.constructor, ...frames);
    for (const frame of frames) for (const method of ["getThis", "getFunction", "getEvalOrigin", "getTypeName"]) try { got.push(frame[method]()); } catch (thrown) { got.push(thrown); } return "x"; };
    void new Error("x").stack; try { null.x; } catch (error) { void error.stack; } delete Error.prepareStackTrace; return got;`,
  "frames of an error that the host throws": `const got = []; Error.prepareStackTrace = (error, frames) => { got.push(error, frames, ...frames.map((f) => f.getThis()), ...frames.map((f) => f.getFunction())); return ""; };
    try { Convex.syscall("nothing", "{}"); } catch (error) { void error.stack; got.push(error); }
    try { await Convex.asyncSyscall("nothing", "{}"); } catch (error) { void error.stack; got.push(error); } delete Error.prepareStackTrace; return got;`,
  "an unlimited stack trace": `Error.stackTraceLimit = Infinity; const got = []; Error.prepareStackTrace = (_, frames) => frames; try { got.push(...[new Error().stack].flat().map((f) => [f, f.getThis?.(), f.getFunction?.()])); } finally { delete Error.prepareStackTrace; } return got;`,
  "Error.captureStackTrace on an own object": `const target = {}; Error.prepareStackTrace = (_, frames) => frames; Error.captureStackTrace(target); const got = [target.stack, ...target.stack]; delete Error.prepareStackTrace; return got;`,
  "the error of a wrong syscall": `const got = []; for (const args of ["{", undefined, 1, {}, "null"]) { try { Convex.syscall("1.0/queryStream", args); } catch (error) { got.push(error, error.constructor); } } return got;`,
  "the error of a wrong asynchronous syscall": `const got = []; for (const op of ["1.0/get", "nothing", "__proto__", "constructor"]) for (const args of ["{", "{}", undefined]) { const promise = Convex.asyncSyscall(op, args); got.push(promise); await promise.catch((error) => got.push(error, error.data)); } return got;`,
  "syscalls with objects for arguments": `const got = []; const spy = new Proxy({}, { get(target, name, receiver) { got.push(target, receiver); return name === Symbol.toPrimitive ? () => "{}" : undefined; } }); try { Convex.syscall(spy, spy); } catch (error) { got.push(error); } await Convex.asyncSyscall(spy, spy).catch((error) => got.push(error)); return got;`,
  "a toString that sees its caller": `const got = []; const spy = { toString() { got.push(this, new Error().stack); return "x"; }, toJSON() { got.push(this); return 1; } }; console.log(spy); try { new URL(spy); } catch (error) { got.push(error); } return got;`,
  "a stack overflow inside console": `const got = []; const deep = () => { try { deep(); } catch (error) { got.length < 50 && got.push(error); } console.log("x"); }; try { deep(); } catch (error) { got.push(error); } return got;`,
  "a stack overflow inside a syscall": `const got = []; function deep() { try { Convex.syscall("1.0/db/normalizeId", "{}"); } catch (error) { got.length < 500 && got.push(error); } deep(); } try { deep(); } catch (error) { got.push(error); } return got;`,
  "a stack overflow inside TextEncoder": `const got = []; const encoder = new TextEncoder(); function deep() { try { encoder.encode("x"); } catch (error) { got.push(error); } deep(); } try { deep(); } catch (error) { got.push(error); } return got.slice(-100);`,
  "a stack overflow inside URL": `const got = []; function deep() { try { new URL("http://x/"); } catch (error) { got.push(error); } deep(); } try { deep(); } catch (error) { got.push(error); } return got.slice(-100);`,
  "a stack overflow inside process.env": `const got = []; function deep() { try { process.env.X; } catch (error) { got.push(error); } deep(); } try { deep(); } catch (error) { got.push(error); } return got.slice(-100);`,
  "a stack overflow inside crypto": `const got = []; function deep() { try { crypto.randomUUID(); } catch (error) { got.push(error); } deep(); } try { deep(); } catch (error) { got.push(error); } return got.slice(-100);`,
  "errors of URL": `const got = []; for (const text of ["", "x", Symbol("x"), {}]) try { got.push(new URL(text)); } catch (error) { got.push(error); } got.push(URL.canParse("x"), new URL("http://a/?b#c").searchParams); return got;`,
  "errors of text decoding": `const got = []; for (const make of [() => new TextDecoder("nonsense"), () => new TextDecoder("utf-8", { fatal: true }).decode(new Uint8Array([255])), () => new TextDecoder().decode({}), () => new TextEncoder().encodeInto("x", {})]) try { got.push(make()); } catch (error) { got.push(error); } return got;`,
  "bytes that the host wrote": `const bytes = new TextEncoder().encode("x"); return [bytes, bytes.buffer, bytes.constructor, bytes.subarray(0), new TextEncoder().encodeInto("y", bytes)];`,
  "results of atob and btoa": `const got = []; for (const make of [() => atob("%"), () => btoa("\\u{1F600}"), () => atob("YQ==")]) try { got.push(make()); } catch (error) { got.push(error, error.constructor); } return got;`,
  "what crypto.subtle gives": `const data = new Uint8Array(3); const key = await crypto.subtle.importKey("raw", data, { name: "HMAC", hash: "SHA-256" }, true, ["sign", "verify"]); const signature = await crypto.subtle.sign("HMAC", key, data);
    return [key, key.algorithm, key.usages, signature, await crypto.subtle.digest("SHA-256", data), await crypto.subtle.exportKey("jwk", key), await crypto.subtle.exportKey("raw", key), crypto.subtle.digest("SHA-256", data)];`,
  "errors of crypto.subtle": `const got = []; for (const make of [() => crypto.subtle.digest("nonsense", new Uint8Array()), () => crypto.subtle.importKey("jwk", {}, {}, true, []), () => crypto.subtle.sign({}, {}, {}), () => crypto.subtle.deriveBits({ name: "HKDF" }, null, 8), () => crypto.subtle.exportKey("raw", { handle: 0 })]) { const promise = make(); got.push(promise); await promise.catch((error) => got.push(error)); } return got;`,
  "an algorithm that watches how it is read": `const got = []; const algorithm = new Proxy({ name: "HMAC", hash: "SHA-256" }, { get(target, name, receiver) { got.push(receiver); return target[name]; }, ownKeys(target) { got.push(target); return Reflect.ownKeys(target); }, getOwnPropertyDescriptor(target, name) { got.push(target); return Reflect.getOwnPropertyDescriptor(target, name); } }); try { got.push(await crypto.subtle.importKey("raw", new Uint8Array(3), algorithm, true, ["sign"])); } catch (error) { got.push(error); } return got;`,
  "a clone of a value": `return [structuredClone({ a: [new Map([[1, new Date()]]), new Uint8Array(2), /x/, new Error("x")] }), (() => { try { structuredClone(() => 1); } catch (error) { return error; } })()];`,
  "replaced methods of built-ins": `const got = []; const patch = (object, name) => { const own = object[name]; object[name] = function (...args) { got[got.length] = this; got[got.length] = args; return Reflect.apply(own, this, args); }; return () => { object[name] = own; }; };
    const undo = [patch(Map.prototype, "get"), patch(Map.prototype, "set"), patch(Map.prototype, "delete"), patch(Array.prototype, "map"), patch(Array.prototype, "join"), patch(Array.prototype, "push"), patch(Promise.prototype, "then"), patch(Object, "entries"), patch(Object, "assign"), patch(JSON, "parse"), patch(JSON, "stringify"), patch(String.prototype, "split"), patch(Function.prototype, "call"), patch(Function.prototype, "apply"), patch(WeakMap.prototype, "set")];
    try { console.log("x", { a: 1 }); new URL("http://x/"); await Convex.asyncSyscall("1.0/getFunctionMetadata", "{}"); await Convex.asyncSyscall("nothing", "{}").catch(() => 0); crypto.randomUUID(); new TextDecoder().decode(new Uint8Array(1)); await crypto.subtle.digest("SHA-256", new Uint8Array(1)).catch(() => 0); } finally { for (const each of undo) each(); } return got;`,
  "replaced iteration of arrays": `const got = []; const own = Array.prototype[Symbol.iterator]; Array.prototype[Symbol.iterator] = function () { got.push(this); return Reflect.apply(own, this, []); };
    try { console.log("x"); new URL("http://x/"); await Convex.asyncSyscall("nothing", "{}").catch(() => 0); crypto.randomUUID(); } finally { Array.prototype[Symbol.iterator] = own; } return got;`,
  "a replaced Promise": `const got = []; const Own = Promise; globalThis.Promise = class extends Own { constructor(run) { super((resolve, reject) => { got.push(resolve, reject, run); run(resolve, reject); }); } }; try { got.push(Convex.asyncSyscall("1.0/getFunctionMetadata", "{}")); await got.at(-1).catch(() => 0); } finally { globalThis.Promise = Own; } return got;`,
  "setters on Object.prototype": `const got = []; const names = ["ok", "message", "data", "text", "stack", "handle", "resolve", "then", "href", "name"];
    for (const name of names) Object.defineProperty(Object.prototype, name, Object.assign(Object.create(null), { configurable: true, set(value) { got.push(this, value); } }));
    try { console.log("x"); try { Convex.syscall("nothing", "{}"); } catch (error) { got.push(error); } await Convex.asyncSyscall("nothing", "{}").catch((error) => got.push(error)); new URL("http://x/"); } finally { for (const name of names) delete Object.prototype[name]; } return got;`,
  "a species of typed arrays": `const got = []; class Mine extends Uint8Array { static get [Symbol.species]() { got.push(this); return Uint8Array; } constructor(...args) { super(...args); got.push(args); } } got.push(new TextEncoder().encodeInto("xyz", new Mine(8))); crypto.getRandomValues(new Mine(8)); return got;`,
  "symbols on promises": `const promise = Convex.asyncSyscall("1.0/getFunctionMetadata", "{}").catch(() => 0); await promise; const async = (async () => { await promise; })(); await async; return [promise, async].flatMap((each) => Reflect.ownKeys(each).map((key) => each[key]));`,
  "async local storage": `const storage = new AsyncLocalStorage(); const got = [storage, AsyncLocalStorage.snapshot(), AsyncLocalStorage.bind(() => 1)]; storage.run({ mine: 1 }, () => { got.push(storage.getStore(), new Error().stack); }); try { storage.run(1, () => { throw new Error("x"); }); } catch (error) { got.push(error); } await storage.run(2, async () => { await 0; got.push(storage.getStore()); }); return got;`,
  "a stack overflow inside async local storage": `const storage = new AsyncLocalStorage(); const got = []; function deep() { try { storage.run(1, deep); } catch (error) { got.push(error); throw error; } } try { deep(); } catch (error) { got.push(error); } return got.slice(0, 100);`,
  "code from strings": `const got = []; for (const make of [() => eval("1"), () => new Function("return 1"), () => (async () => {}).constructor("return 1"), () => (function* () {}).constructor("yield 1"), () => Reflect.construct(Function, ["return this"]), () => [].constructor.constructor("return process")()]) try { got.push({ ran: make() }); } catch (error) { got.push(error); } return got;`,
  "a dynamic import": `const got = []; const name = "node:fs"; try { got.push(await import(name)); } catch (error) { got.push(error, error.constructor); } try { got.push(require("node:fs")); } catch (error) { got.push(error); } return got;`,
  WebAssembly: `const bytes = new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]); const module = new WebAssembly.Module(bytes); const got = [module, new WebAssembly.Instance(module), WebAssembly, new WebAssembly.Memory({ initial: 1 }).buffer]; try { new WebAssembly.Module(new Uint8Array(1)); } catch (error) { got.push(error); } return got;`,
  "events and signals": `const got = []; const controller = new AbortController(); controller.signal.addEventListener("abort", function (event) { got.push(this, event, event.target); }); controller.abort(); got.push(controller.signal.reason); new EventTarget().dispatchEvent(new Event("x")); return [...got, AbortSignal.abort(), AbortSignal.any([controller.signal])];`,
  streams: `const got = []; const stream = new ReadableStream({ start(controller) { got.push(this, controller); controller.enqueue("x"); controller.close(); } }); for await (const chunk of stream) got.push(chunk); const piped = new Blob(["x"]).stream().pipeThrough(new TextDecoderStream()); for await (const chunk of piped) got.push(chunk); const zipped = new Response(new Blob(["xyz"]).stream().pipeThrough(new CompressionStream("gzip"))); got.push(await zipped.arrayBuffer()); return got;`,
  bodies: `const request = new Request("http://x/", { method: "POST", body: new URLSearchParams({ a: "1" }) }); const got = [request, request.headers, await request.clone().formData(), await request.arrayBuffer()]; const form = new FormData(); form.append("f", new File(["x"], "x.txt")); const sent = new Response(form); got.push(await (await sent.formData()).get("f").bytes()); try { await sent.text(); } catch (error) { got.push(error); } return got;`,
  "the environment": `const got = [process, process.env, Reflect.ownKeys(process), Object.getPrototypeOf(process.env)]; try { got.push(process.env.constructor, process.env.__proto__, process.env.toString); } catch (error) { got.push(error); } return got;`,
  "the syscall object": `return [Convex, Convex.syscall, Convex.asyncSyscall, Convex.jsSyscall, Convex.syscall.constructor, (() => { try { return Convex.jsSyscall("x", {}); } catch (error) { return error; } })()];`,
};

export const ACTION_ESCAPE_ATTEMPTS: typeof ESCAPE_ATTEMPTS = {
  timers: `const got = []; await new Promise((resolve) => { got.push(setTimeout(function () { got.push(this, arguments); resolve(); }, 1)); }); got.push(setInterval(() => 1, 1000), setImmediate(() => 1)); try { setTimeout("x"); } catch (error) { got.push(error); } return got;`,
  "a stack overflow inside a timer": `const got = []; function deep() { try { clearTimeout(setTimeout(() => 1, 1e6)); } catch (error) { got.push(error); } deep(); } try { deep(); } catch (error) { got.push(error); } return got.slice(-100);`,
  "a response and its errors": `const got = []; const response = await fetch("data:text/plain,hello"); got.push(response, response.headers, response.body, await response.arrayBuffer()); for (const url of ["http://127.0.0.1:1/", "nonsense:", "file:///etc/passwd"]) await fetch(url).catch((error) => got.push(error, error.cause)); return got;`,
  "headers that watch how they are read": `const got = []; await fetch("data:text/plain,x", { headers: new Proxy({ a: "b" }, { get(target, name, receiver) { got.push(receiver); return target[name]; }, ownKeys(target) { got.push(target); return Reflect.ownKeys(target); } }) }).catch((error) => got.push(error)); return got;`,
  "an aborted request": `const controller = new AbortController(); const got = []; const promise = fetch("http://127.0.0.1:1/", { signal: controller.signal }); controller.abort(); await promise.catch((error) => got.push(error, promise)); return got;`,
  "generated keys": `const pair = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, ["sign", "verify"]); const rsa = await crypto.subtle.generateKey({ name: "RSASSA-PKCS1-v1_5", modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]), hash: "SHA-256" }, true, ["sign", "verify"]); return [pair, pair.publicKey.algorithm, rsa.publicKey.algorithm, rsa.publicKey.algorithm.publicExponent, await crypto.subtle.exportKey("jwk", pair.privateKey), await crypto.subtle.sign({ name: "ECDSA", hash: "SHA-256" }, pair.privateKey, new Uint8Array(2))];`,
  files: `const got = []; for (const args of [{}, { blob: {} }, { blob: new Blob(["x"]), options: { get sha256() { got.push(this); return undefined; } } }]) await Convex.jsSyscall("storage/storeBlob", args).then((value) => got.push(value), (error) => got.push(error)); await Convex.jsSyscall("storage/getBlob", { storageId: "x" }).then((value) => got.push(value), (error) => got.push(error)); return got;`,
};
