/**
 * The `lockstep` module as it is inside the sandbox, in plain JavaScript. Evaluated in every fresh
 * context, so it is short and holds no zod. Its value is a function that the host calls once with its
 * own function; it installs the globals and returns `enter`, the host's way in, which is reachable
 * from no global. Everything it needs later is captured before user code runs.
 *
 * What an evaluation is given of the world, chance, clock and nonce, is asked of the host when it is first looked at:
 * before that nothing can depend on it. `keep` and `find` are for memory that is put back later: the steps of the chain,
 * and one inside blocks after what defines these was called, are known already.
 */
export const SDK_SOURCE = String.raw`(function (host) {
"use strict";
const { parse, stringify } = JSON;
const { create, defineProperty, freeze, keys, getOwnPropertyDescriptor, getPrototypeOf } = Object;
const isArray = Array.isArray;
const hasOwn = Object.hasOwn;
const call = Function.prototype.call;
const bind = (fn) => call.bind(fn);
const includes = bind(String.prototype.includes);
const split = bind(String.prototype.split);
const slice = bind(String.prototype.slice);
const charCodeAt = bind(String.prototype.charCodeAt);
const push = bind(Array.prototype.push);
const then = bind(Promise.prototype.then);
const { ownKeys, construct, apply } = Reflect;
const str = String, ErrorClass = Error, TypeErrorClass = TypeError, PromiseClass = Promise, ProxyClass = Proxy;
const RealDate = Date, MapClass = Map, SetClass = Set;
const assign = Object.assign;
const fixed = (target, name, value) => defineProperty(target, name, { value, enumerable: false, writable: false, configurable: false });
let running = false;

/* What an evaluation sees of the world. No text holds the nonce before it is known here. */
const imul = Math.imul;
let a = 0, nowMs = 0, nonce = "", mark = "", looked = false;
function look() {
  if (looked) return;
  const given = parse(host("moment", "", ""));
  a = given[0];
  nowMs = given[1];
  nonce = given[2];
  mark = "\u0001" + nonce + ":";
  looked = true;
}
const hasMark = (text) => looked && includes(text, mark);

/* Time and chance. */
fixed(Math, "random", function random() {
  look();
  a = (a + 0x6d2b79f5) | 0;
  let t = imul(a ^ (a >>> 15), 1 | a);
  t = (t + imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
});
function FrozenDate(...args) {
  if (new.target === undefined || args.length === 0) look();
  if (new.target === undefined) return new RealDate(nowMs).toString();
  return construct(RealDate, args.length === 0 ? [nowMs] : args, new.target);
}
FrozenDate.prototype = RealDate.prototype;
fixed(FrozenDate, "now", function now() { look(); return nowMs; });
fixed(FrozenDate, "parse", RealDate.parse);
fixed(FrozenDate, "UTC", RealDate.UTC);
fixed(FrozenDate, "name", "Date");
fixed(RealDate.prototype, "constructor", FrozenDate);
defineProperty(globalThis, "Date", { value: FrozenDate, writable: false, configurable: false, enumerable: false });

/* Native loops over a huge length cannot be interrupted, so they are refused. */
const MAX_LENGTH = 20000000;
function guardLength(list) {
  if (list === null || typeof list !== "object") return;
  if (!isArray(list)) {
    for (let o = list; o !== null; o = getPrototypeOf(o)) {
      const d = getOwnPropertyDescriptor(o, "length");
      if (d === undefined) continue;
      if (!hasOwn(d, "value")) throw new TypeErrorClass("Array methods need a plain length");
      break;
    }
  }
  const n = list.length;
  if (typeof n === "object" || typeof n === "function" || n > MAX_LENGTH) throw new RangeError("An array of more than 20,000,000 places cannot be searched or changed");
}
for (const name of ["concat", "copyWithin", "every", "fill", "filter", "find", "findIndex", "findLast", "findLastIndex", "flat", "flatMap", "forEach", "includes", "indexOf", "join", "lastIndexOf", "map", "reduce", "reduceRight", "reverse", "shift", "slice", "some", "sort", "splice", "toLocaleString", "toReversed", "toSorted", "toSpliced", "unshift", "with"]) {
  const native = Array.prototype[name];
  if (native === undefined) continue;
  const guarded = { [name](...args) {
    guardLength(this);
    if (name === "concat") for (let i = 0; i < args.length; i++) guardLength(args[i]);
    return apply(native, this, args);
  } }[name];
  defineProperty(Array.prototype, name, { value: guarded, writable: true, configurable: true, enumerable: false });
}
for (const name of ["Proxy", "eval", "Function", "WeakRef", "FinalizationRegistry", "Atomics", "SharedArrayBuffer", "performance", "queueMicrotask", "navigator", "gc", "InternalError", "print"]) delete globalThis[name];

/* Secrets are placeholders; in text they are tokens that nobody can guess. */
class Secret {
  #name;
  constructor(name) { this.#name = name; freeze(this); }
  static nameOf(value) { return typeof value === "object" && value !== null && #name in value ? value.#name : null; }
  toString() { look(); return mark + this.#name + "\u0002"; }
}
fixed(Secret.prototype, "constructor", Object);
freeze(Secret.prototype);
const nameOfSecret = Secret.nameOf;
function secret(name) {
  if (typeof name !== "string" || name === "" || includes(name, "\u0002")) throw new TypeErrorClass("secret() takes the name of a secret");
  return new Secret(name);
}
const made = new WeakSet();
const isMade = bind(WeakSet.prototype.has), addMade = bind(WeakSet.prototype.add);
const asPlaceholder = (name) => { const o = { $secret: name }; addMade(made, o); return o; };
function asTemplate(text) {
  const parts = split(text, mark), out = [];
  if (parts[0] !== "") push(out, parts[0]);
  for (let i = 1; i < parts.length; i++) {
    const end = split(parts[i], "\u0002"), rest = slice(parts[i], end[0].length + 1);
    push(out, asPlaceholder(end[0]));
    if (rest !== "") push(out, rest);
  }
  const o = { $template: out };
  addMade(made, o);
  return o;
}

/* Values out. */
class NotJson { constructor(what, code) { this.what = what; this.code = code; } }
function problemOf(value, secretsAllowed) {
  switch (typeof value) {
    case "function": return "a function";
    case "symbol": return "a symbol";
    case "bigint": return "a bigint (use String() or Number())";
    case "number": return value - value === 0 ? null : str(value);
    case "string": return !secretsAllowed && hasMark(value) ? "a secret, which only a request may hold" : null;
    case "object":
      if (value === null) return null;
      if (nameOfSecret(value) !== null) return secretsAllowed ? null : "a secret, which only a request may hold";
      if (value instanceof MapClass) return "a Map (use Object.fromEntries)";
      if (value instanceof SetClass) return "a Set (use Array.from)";
      if (value instanceof PromiseClass) return "a promise (only action code may be asynchronous)";
      if (secretsAllowed && (hasOwn(value, "$secret") || hasOwn(value, "$template")) && !isMade(made, value)) return "a reserved key ($secret or $template) that secret() did not make";
  }
  return null;
}
function pathOf(root, bad) {
  const seen = new SetClass();
  const visit = (value, path) => {
    if (value === bad || (value !== value && bad !== bad)) return path;
    if (typeof value !== "object" || value === null || seen.has(value)) return null;
    seen.add(value);
    for (const key of keys(value)) {
      const found = visit(value[key], isArray(value) ? path + "[" + key + "]" : path + "." + key);
      if (found !== null) return found;
    }
    return null;
  };
  try { return visit(root, ""); } catch { return null; }
}
const isPlain = (value) => typeof value === "number" ? value - value === 0 : typeof value === "boolean";
function toText(root, secretsAllowed, name) {
  if (isPlain(root)) return str(root);
  const refuse = (what, value) => {
    const path = pathOf(root, value);
    return new NotJson((path ? name + " holds " + what + " at " + path : name + (path === "" ? " is " : " holds ") + what) + "; values must be JSON", "invalid_value");
  };
  let text;
  try {
    text = stringify(root, function (key, value) {
      if (isPlain(value)) return value;
      const problem = problemOf(value, secretsAllowed);
      if (problem !== null) throw refuse(problem, value);
      if (value === null && this[key] !== null && this[key] instanceof RealDate) throw refuse("an invalid date", this[key]);
      if (!secretsAllowed) return value;
      if (typeof value === "string") return hasMark(value) ? asTemplate(value) : value;
      const secretName = nameOfSecret(value);
      return secretName === null ? value : asPlaceholder(secretName);
    });
  } catch (error) {
    if (error instanceof TypeErrorClass && includes(str(error.message), "circular")) throw new NotJson(name + " refers to itself (a cycle); values must be JSON", "invalid_value");
    throw error;
  }
  if (text === undefined) return "null";
  if (looked && includes(text, nonce)) throw new NotJson("A secret may be a value or part of a text in a request, not a key", "invalid_value");
  return text;
}

/* Errors out. */
class NonRetryableError extends ErrorClass {
  constructor(message, options) { super(message, options); fixed(this, "name", "NonRetryableError"); }
}
const UNREADABLE = "The code threw something that has no readable message";
const short = (text, max) => text.length > max ? slice(text, 0, max) + "…" : text;
function read(value, key) { try { return value[key]; } catch { return undefined; } }
function hidden(text) { return hasMark(text) ? split(text, mark).join("").split("\u0002").join("") : text; }
function describeError(error, depth) {
  if (error instanceof NotJson) return { name: "TypeError", message: error.what, code: error.code, stack: "" };
  if (error === undefined || error === null) return { name: "Error", message: "The code threw " + error + "; throw new Error(…) to say what is wrong", stack: "" };
  if (typeof error !== "object") {
    let message; try { message = str(error); } catch { message = UNREADABLE; }
    return { name: "Error", message: hidden(short(message, 4096)), stack: "" };
  }
  const name = read(error, "name"), message = read(error, "message"), stack = read(error, "stack"), cause = read(error, "cause");
  let text = typeof message === "string" ? message : undefined;
  if (text === undefined && !(error instanceof ErrorClass)) try { text = stringify(error) } catch {}
  if (typeof text !== "string") text = UNREADABLE;
  return {
    name: typeof name === "string" ? short(name, 200) : "Error",
    message: hidden(short(text, 4096)),
    stack: typeof stack === "string" ? short(stack, 16384) : "",
    nonRetryable: error instanceof NonRetryableError,
    cause: cause !== undefined && cause !== null && depth < 4 ? describeError(cause, depth + 1) : undefined,
  };
}

/* Logs. */
function show(value) {
  if (typeof value === "string") return value;
  if (value instanceof ErrorClass) return str(read(value, "stack") ? str(value) : value);
  try {
    const seen = new SetClass();
    const text = stringify(value, (key, v) => {
      if (typeof v === "bigint") return str(v) + "n";
      if (typeof v === "function") return "[function]";
      if (v instanceof MapClass) return { Map: [...v] };
      if (v instanceof SetClass) return { Set: [...v] };
      if (nameOfSecret(v) !== null) return "[secret]";
      if (typeof v === "object" && v !== null) { if (seen.has(v)) return "[seen]"; seen.add(v); }
      return v;
    });
    return text === undefined ? str(value) : text;
  } catch { return "[unprintable]"; }
}
const logger = (level) => (...values) => { let line = ""; for (let i = 0; i < values.length; i++) line += (i ? " " : "") + show(values[i]); host("log", level, hidden(line)); };
const log = logger("info");
assign(log, { debug: logger("debug"), info: log, warn: logger("warn"), error: logger("error") });
const consoleObject = freeze({ log, info: log, debug: log.debug, warn: log.warn, error: log.error });
freeze(log);
const stream = (value) => { host("stream", "", hidden(typeof value === "string" ? value : show(value))); };
fixed(globalThis, "console", consoleObject);

/* The chain. A flow is a value: every call gives a new one. */
const chains = new WeakMap();
const chainOf = bind(WeakMap.prototype.get), setChain = bind(WeakMap.prototype.set);
const methods = create(null);
const flowOf = (chain) => { const flow = create(methods); setChain(chains, flow, chain); return freeze(flow); };
const positions = { on: false };
const here = () => positions.on ? new ErrorClass().stack : "";
const step = (kind, first) => function (name, argument, options) {
  const chain = chainOf(chains, this);
  if (chain === undefined) throw new TypeErrorClass("." + kind + "() must be called on a flow");
  const given = typeof argument === "object" && argument !== null && first !== "run" ? assign({}, argument) : assign({ [first]: argument }, options);
  return flowOf({ before: chain, kind, name, options: given, at: here() });
};
const kinds = { code: "run", action: "run", http: "request", condition: "if", loop: "each", delay: "duration", fail: "message", waitForEvent: "event", approval: "title", run: "workflow" };
for (const kind of keys(kinds)) fixed(methods, kind, step(kind, kinds[kind]));
fixed(methods, "output", function (fn) {
  const chain = chainOf(chains, this);
  return flowOf({ before: chain, kind: "output", name: "", options: { output: fn }, at: here() });
});
const branched = (kind, read) => function (...args) {
  const chain = chainOf(chains, this);
  if (chain === undefined) throw new TypeErrorClass("." + kind + "() must be called on a flow");
  const { given, branches } = read(args[1], args[2]);
  return flowOf({ before: chain, kind, name: args[0], options: assign({}, given), branches, at: here() });
};
const branchesOf = (given) => {
  if (typeof given !== "object" || given === null || isArray(given)) return null;
  const list = [];
  for (const name of keys(given)) push(list, { name, steps: given[name] });
  return list;
};
fixed(methods, "switch", branched("switch", (options) => {
  const { cases, ...given } = options ?? {};
  return { given, branches: branchesOf(cases) };
}));
fixed(methods, "parallel", branched("parallel", (branches, options) => ({ given: options, branches: branchesOf(branches) })));
fixed(methods, "stop", branched("stop", (output, options) => ({
  given: output === undefined ? options : assign({}, options, { output: typeof output === "function" ? output : () => output }),
})));
for (const kind of ["ai"]) fixed(methods, kind, function () { throw new TypeErrorClass("." + kind + "() is not a step of this language yet"); });
freeze(methods);
const workflow = (options) => flowOf({ before: null, kind: "workflow", name: "", options: assign({}, options), at: here() });
function chainList(flow) {
  const list = [];
  for (let c = chainOf(chains, flow); c !== undefined && c !== null; c = c.before) push(list, c);
  return list.reverse();
}
function blockOf(fn) {
  if (typeof fn !== "function") return null;
  const flow = fn(flowOf({ before: null, kind: "block", name: "", options: {}, at: "" }));
  return chainOf(chains, flow) === undefined ? null : chainList(flow);
}
const BLOCKS = ["then", "else", "do", "onTimeout"];
function insideOf(step) {
  const inside = [];
  if (step.branches === undefined || step.branches === null) {
    for (const key of BLOCKS) for (const c of blockOf(step.options[key]) ?? []) push(inside, c);
    return inside;
  }
  for (const branch of step.branches) push(inside, { name: branch.name, options: { do: branch.steps } });
  push(inside, { name: "default", options: { do: step.options.default } });
  return inside;
}
let kept = null;
const known = new MapClass();
const getKnown = bind(MapClass.prototype.get), setKnown = bind(MapClass.prototype.set);
/* Steps of the chain by their path, where no other can be meant; finding them calls nothing of the user's. */
function keep() {
  kept = chainList(root);
  for (let i = 1; i < kept.length; i++) {
    const { name } = kept[i];
    if (typeof name !== "string" || name === "onFailure" || includes(name, "/")) continue;
    if (getKnown(known, name) === undefined) setKnown(known, name, kept[i]);
  }
}
const first = (block, property, wanted) => {
  for (let i = 0; i < block.length; i++) if (block[i][property] === wanted) return block[i];
};
function findFunction(path, slot) {
  if (path !== "") return stepAt(path)?.options[slot];
  const block = kept ?? chainList(root);
  if (slot === "output") return first(block, "kind", "output")?.options.output;
  return split(slot, ".").reduce((found, name) => found?.[name], block[0].options);
}
function stepAt(path) {
  let step = getKnown(known, path);
  if (step === undefined) setKnown(known, path, step = findStep(path));
  return step;
}
function findStep(path) {
  let block = kept ?? chainList(root);
  const names = split(path, "/");
  const onFailure = block[0].options.onFailure;
  if (names[0] === "onFailure" && typeof onFailure === "function") {
    block = blockOf(onFailure) ?? [];
    names.shift();
  }
  let found;
  for (let i = 0; i < names.length; i++) {
    if (found !== undefined) block = insideOf(found);
    found = first(block, "name", names[i]);
    if (found === undefined) return undefined;
  }
  return found;
}

/* zod exists at definition only. */
const inert = new ProxyClass(function () {}, {
  get: (target, key) => { if (running) throw new TypeErrorClass("z describes shapes in the definition; it cannot be used while a step runs"); return key === Symbol.toPrimitive ? () => "z" : inert; },
  apply: () => { if (running) throw new TypeErrorClass("z describes shapes in the definition; it cannot be used while a step runs"); return inert; },
  construct: () => inert,
  getPrototypeOf: () => null,
  set: () => false, defineProperty: () => false, deleteProperty: () => false, setPrototypeOf: () => false,
});
const lockstep = { workflow, z: inert, secret, NonRetryableError };
fixed(globalThis, "$lockstep", lockstep);
let root;
defineProperty(globalThis, "$default", { set(value) { root = value; }, get() { return undefined; }, enumerable: false, configurable: false });

/* Action code. */
const waiting = new MapClass();
let nextCall = 0;
const getWaiting = bind(MapClass.prototype.get), setWaiting = bind(MapClass.prototype.set), dropWaiting = bind(MapClass.prototype.delete);
const ask = (op, payload) => new PromiseClass((resolve, reject) => {
  const id = str(++nextCall);
  setWaiting(waiting, id, { resolve, reject });
  host(op, id, payload);
});
const headersOf = (given) => {
  const out = {};
  if (given === undefined || given === null) return out;
  if (isArray(given)) for (const [k, v] of given) out[str(k)] = str(v);
  else for (const k of keys(given)) if (given[k] !== undefined) out[k] = str(given[k]);
  return out;
};
async function fetch(url, options) {
  const o = options ?? {};
  const headers = headersOf(o.headers);
  let body = o.body ?? null;
  if (o.json !== undefined) {
    body = toText(o.json, false, "The body");
    if (!keys(headers).some((k) => k.toLowerCase() === "content-type")) headers["content-type"] = "application/json";
  }
  if (body !== null && typeof body !== "string") throw new TypeErrorClass("The body of a fetch must be text; use json for values");
  const request = { url: str(url), method: str(o.method ?? (body === null ? "GET" : "POST")).toUpperCase(), headers, body };
  const r = parse(await ask("fetch", toText(request, false, "The request")));
  const get = (name) => { const key = str(name).toLowerCase(); return hasOwn(r.headers, key) ? r.headers[key] : null; };
  return freeze({
    status: r.status, statusText: r.statusText, url: r.url, ok: r.status >= 200 && r.status < 300,
    headers: freeze({ get, has: (name) => get(name) !== null, entries: () => keys(r.headers).map((k) => [k, r.headers[k]]) }),
    text: async () => r.body, json: async () => parse(r.body),
  });
}
const secrets = freeze({ get: async (name) => parse(await ask("secret", stringify(str(name)))) });

/* The host's way in. */
const missing = (path, slot) => new NotJson("There is no function " + slot + " of " + (path === "" ? "the workflow" : "step " + path), "missing_function");
const failure = (error) => { running = true; return stringify(describeError(error, 0)); };
const NAMES = { request: "The request", run: "The output", output: "The output" };
const functionAt = (path, slot) => {
  const fn = findFunction(path, slot);
  if (typeof fn !== "function") throw missing(path, slot);
  return fn;
};
const callText = (path, slot, text) => {
  const context = parse(text), fn = functionAt(path, slot);
  running = true;
  const value = fn(context);
  if ((slot === "if" || slot === "while") && typeof value === "number") return value ? "true" : "false";
  return toText(value, slot === "request", NAMES[slot] ?? slot);
};
return function enter(op, path, slot, text) {
  switch (op) {
    case "keep": keep(); return "";
    case "find": functionAt(path, slot); return "";
    case "caller": return callText;
    case "sdk": positions.on = true; return lockstep;
    case "root": return root;
    case "chain": return chainList(root);
    case "isFlow": return str(typeof root === "object" && root !== null && chainOf(chains, root) !== undefined);
    case "blocks": return blockOf;
    case "error": return failure(path);
    case "start": {
      const fn = functionAt(path, slot);
      const context = assign(parse(text), { fetch, secrets, log, stream });
      running = true;
      const done = new PromiseClass((resolve) => resolve(fn(context)));
      then(then(done, (value) => { host("done", toText(value, false, "The output"), ""); }), undefined, (error) => { host("failed", failure(error), ""); });
      return "";
    }
    case "settle": {
      const call = getWaiting(waiting, path);
      if (call === undefined) return "";
      dropWaiting(waiting, path);
      if (slot === "ok") call.resolve(text); else call.reject(new ErrorClass(text));
      return "";
    }
  }
};
})`;
