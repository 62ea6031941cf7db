/** Known ways out of sandboxes, as bodies of functions. What they give does not matter; what they leave behind does. */
export const TRICKS: readonly (readonly [what: string, body: string])[] = [
  ["Function of Function", `return Function("return this")().process?.pid`],
  [
    "indirect eval",
    `return (0, eval)("globalThis.leaked = 1; typeof require")`,
  ],
  ["direct eval", `return eval("var leaked = 1; typeof process")`],
  [
    "the constructor of an async function",
    `return (async () => {}).constructor("return process")`,
  ],
  [
    "the constructor of a generator",
    `return [...(function* () {}).constructor("yield typeof process")()]`,
  ],
  [
    "the constructor of an async generator",
    `return String((async function* () {}).constructor("yield process"))`,
  ],
  [
    "the constructor of a class's static block",
    `class A { static { globalThis.leaked = this.constructor.constructor("return typeof process")() } } return leaked`,
  ],
  ["an import in a string", `return Function("return import('node:fs')")()`],
  ["an import by eval", `return eval("import('lockstep')")`],
  ["import.meta", `return eval("import.meta.url")`],
  [
    "require by every name",
    `return [typeof require, typeof module, typeof exports, typeof process, typeof Buffer, typeof Deno, typeof Bun]`,
  ],
  [
    "the prototype of Object, by __proto__",
    `({}).__proto__.polluted = 1; return 1`,
  ],
  [
    "the prototype of Object, by JSON",
    `const o = JSON.parse('{"__proto__":{"polluted":1}}'); return Object.assign({}, o)`,
  ],
  [
    "the prototype of Object, by a path",
    `const set = (o, [k, ...r], v) => r.length ? set(o[k], r, v) : (o[k] = v); set({}, ["constructor", "prototype", "polluted"], 1); return 1`,
  ],
  [
    "another prototype for everything",
    `Object.setPrototypeOf(Object.prototype.constructor, null); return 1`,
  ],
  [
    "__defineGetter__",
    `Object.prototype.__defineGetter__("polluted", () => 1); return {}.polluted`,
  ],
  [
    "a setter on an index",
    `Object.defineProperty(Array.prototype, "0", { set(v) { globalThis.leaked = v }, get() { return "taken" }, configurable: true }); return [1, 2]`,
  ],
  [
    "a setter on a field of results",
    `for (const k of ["kind", "value", "error", "logs", "ok", "message"]) Object.defineProperty(Object.prototype, k, { get: () => "taken", set() {}, configurable: true }); return { a: 1 }`,
  ],
  [
    "frozen built-ins",
    `for (const x of [Object, Array, String, JSON, Math, Promise, Object.prototype, Array.prototype]) Object.freeze(x); return 1`,
  ],
  [
    "deleted built-ins",
    `for (const k of Object.getOwnPropertyNames(globalThis)) try { delete globalThis[k] } catch {} return 1`,
  ],
  [
    "undefined, redefined",
    `try { globalThis.undefined = 1; globalThis.NaN = 1; Object.defineProperty(globalThis, "Infinity", { value: 1 }) } catch {} return 1`,
  ],
  [
    "JSON.stringify that lies",
    `JSON.stringify = () => "{\\"kind\\":\\"ok\\",\\"value\\":\\"forged\\"}"; return "honest"`,
  ],
  [
    "JSON.parse that lies",
    `JSON.parse = () => ({ forged: true }); return "honest"`,
  ],
  [
    "toJSON on every prototype",
    `for (const C of [Object, Array, String, Number, Boolean]) C.prototype.toJSON = () => "forged"; return [1, "a", {}]`,
  ],
  [
    "Symbol.toPrimitive on results",
    `return { a: { [Symbol.toPrimitive]: () => { throw 1 } } }`,
  ],
  [
    "Symbol.species",
    `class Odd extends Array { static get [Symbol.species]() { return function () { return globalThis } } } return new Odd(1, 2, 3).map((x) => x)`,
  ],
  [
    "Symbol.iterator",
    `Array.prototype[Symbol.iterator] = function* () { yield "taken" }; return [...[1, 2]]`,
  ],
  [
    "Symbol.hasInstance",
    `Object.defineProperty(Error, Symbol.hasInstance, { value: () => true }); throw { message: "not an error" }`,
  ],
  [
    "Symbol.unscopables and with",
    `return Function("o", "with (o) { return typeof process }")({ [Symbol.unscopables]: { process: false } })`,
  ],
  [
    "Error.prepareStackTrace",
    `Error.prepareStackTrace = (_, frames) => frames; const e = new Error("x"); return typeof e.stack`,
  ],
  [
    "Error.captureStackTrace",
    `const o = {}; try { Error.captureStackTrace(o) } catch {} return typeof o.stack`,
  ],
  [
    "an error whose fields are getters",
    `throw Object.defineProperties(new Error(), { message: { get() { throw new Error("twice") } }, stack: { get() { throw 1 } }, cause: { get() { throw 2 } } })`,
  ],
  [
    "an error that is a function",
    `throw Object.assign(() => 1, { message: "x", stack: 7 })`,
  ],
  ["an error with a huge message", `throw new Error("x".repeat(5e6))`],
  [
    "an error with a deep cause",
    `let e = new Error("0"); for (let i = 0; i < 10000; i++) e = new Error(String(i), { cause: e }); throw e`,
  ],
  [
    "an aggregate of itself",
    `const e = new AggregateError([], "x"); e.errors.push(e); throw e`,
  ],
  ["a thenable", `return { then(resolve) { resolve(globalThis) } }`],
  ["a thenable that never ends", `return { get then() { while (true) {} } }`],
  [
    "promises that go on",
    `const f = () => Promise.resolve().then(() => { globalThis.leaked = 1; return f() }); f(); return 1`,
  ],
  [
    "a promise nobody looks at",
    `Promise.reject(new Error("unseen")); return 1`,
  ],
  [
    "an async generator left open",
    `const g = (async function* () { try { while (true) yield 1 } finally { globalThis.leaked = 1 } })(); void g.next(); return 1`,
  ],
  [
    "WeakRef and FinalizationRegistry",
    `if (typeof FinalizationRegistry === "function") new FinalizationRegistry(() => { globalThis.leaked = 1 }).register({}, 1); return typeof WeakRef`,
  ],
  [
    "shared memory",
    `return [typeof SharedArrayBuffer, typeof Atomics, typeof WebAssembly, typeof Worker]`,
  ],
  [
    "timers",
    `return [typeof setTimeout, typeof setInterval, typeof queueMicrotask, typeof setImmediate]`,
  ],
  [
    "the time of day",
    `const a = Date.now(); for (let i = 0; i < 1e5; i++); return Date.now() - a`,
  ],
  [
    "performance and Intl",
    `return [typeof performance, typeof Intl, typeof crypto, new Date().getTimezoneOffset()]`,
  ],
  [
    "a Proxy as the result",
    `return typeof Proxy === "function" ? new Proxy({}, { ownKeys() { throw 1 }, get: () => globalThis }) : 1`,
  ],
  [
    "Reflect on the language",
    `for (const k of Reflect.ownKeys(globalThis.$lockstep ?? {})) try { Reflect.set($lockstep, k, null) } catch {} return 1`,
  ],
  [
    "arguments.callee and caller",
    `return (function f() { return [typeof arguments.callee, f.caller === null] })()`,
  ],
  [
    "a regular expression with statics",
    `/(.*)/.exec("left"); RegExp.prototype.exec = () => ["taken"]; return /a/.test("b")`,
  ],
  [
    "a regular expression of another engine's weakness",
    `return /^(?:a?){60}a{60}$/.test("a".repeat(60))`,
  ],
  [
    "lastIndex as a bomb",
    `const r = /a/g; r.lastIndex = { valueOf() { while (true) {} } }; return r.test("a")`,
  ],
  [
    "sort with a comparator that frees",
    `const a = Array.from({ length: 5000 }, (_, i) => i); return a.sort(() => { a.length = 0; return -1 }).length`,
  ],
  [
    "splice of what shrinks",
    `const a = [1, 2, 3]; return a.splice(0, { valueOf() { a.length = 0; return 3 } })`,
  ],
  [
    "a typed array that loses its buffer",
    `const b = new ArrayBuffer(64); const v = new Uint8Array(b); try { structuredClone(b, { transfer: [b] }) } catch {} return v.length`,
  ],
  [
    "a DataView out of bounds",
    `try { return new DataView(new ArrayBuffer(8)).getUint32(2 ** 31) } catch (e) { return e.name }`,
  ],
  [
    "fill beyond the end",
    `const v = new Uint8Array(8); v.fill({ valueOf() { return 255 } }, -1e9, 1e9); return [...v]`,
  ],
  ["a huge bigint", `return String((2n ** 100000n) % 7n)`],
  [
    "a deep object",
    `let o = {}; for (let i = 0; i < 100000; i++) o = { o }; return o`,
  ],
  [
    "a wide object",
    `const o = {}; for (let i = 0; i < 300000; i++) o["k" + i] = i; return o`,
  ],
  [
    "names like __proto__ in the result",
    `return JSON.parse('{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"toString":1,"then":1}')`,
  ],
  [
    "a string of lone surrogates and direction marks",
    `return "\\ud800\\u202e\\u2066\\u0000\\ufeff" + "é".normalize("NFD")`,
  ],
  [
    "a log that tells of globals",
    `console.log(globalThis, console, { get a() { throw 1 } }, Symbol("x"), 1n, () => 1); return 1`,
  ],
  [
    "a console of its own",
    `console.log = () => { throw 1 }; console = null; return 1`,
  ],
  [
    "labels and comments that end lines",
    `/* \\u2028 */ x: { break x } return "-->" + "<!--" + "</script>"`,
  ],
];
