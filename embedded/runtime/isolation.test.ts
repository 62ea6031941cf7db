import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startTestBackend, type TestBackend } from "./testing/test-backend";
import type { ActionOutcome } from "./types";

const PRELUDE = `import { queryGeneric as query, mutationGeneric as mutation, actionGeneric as action, httpActionGeneric as httpAction, httpRouter, makeFunctionReference } from "convex/server";
const ref = (name) => makeFunctionReference(name);\n`;

/** What a handler may do to its surroundings without putting it right. */
const VANDALISM: { [name: string]: string } = {
  math: `Math.random = () => 7; Math.max = null;`,
  globalMath: `globalThis.Math = { random: () => 7 };`,
  date: `globalThis.Date = class { static now() { return 7; } };`,
  dateNow: `Date.now = () => 7;`,
  console: `globalThis.console = { log() {} };`,
  consoleLog: `console.log = () => 1;`,
  process: `globalThis.process = undefined;`,
  crypto: `globalThis.crypto = undefined;`,
  objectPrototype: `Object.prototype.leaked = 1;`,
  hiddenObjectPrototype: `Object.defineProperty(Object.prototype, "toString", { value: () => "leaked" });`,
  arrayPrototype: `Array.prototype.map = () => ["leaked"];`,
  arrayAddition: `Array.prototype.leaked = 1;`,
  promise: `globalThis.Promise = class {};`,
  promiseThen: `Promise.prototype.then = function () { return this; };`,
  jsonParse: `JSON.parse = () => "leaked"; JSON.stringify = () => "leaked";`,
  property: `globalThis.leaked = 1;`,
  removed: `delete globalThis.URL; delete globalThis.fetch;`,
  convex: `globalThis.Convex = { syscall() {}, asyncSyscall: async () => "7" };`,
  getter: `Object.defineProperty(globalThis, "URL", { get() { for (;;); } });`,
};
const HEALTHY = `{ leaked: globalThis.leaked ?? null, inherited: ({}).leaked ?? [].leaked ?? null, text: String({}), mapped: [1].map((x) => x + 1),
  max: Math.max(1, 2), random: Math.random() !== 7, now: Date.now() > 1e12, url: new URL("http://a/").host, uuid: crypto.randomUUID().length,
  env: typeof process.env, log: typeof console.log, parsed: JSON.parse("[1]"), then: await Promise.resolve(3), fetch: typeof fetch }`;
const EXPECTED = {
  leaked: null,
  inherited: null,
  text: "[object Object]",
  mapped: [2],
  max: 2,
  random: true,
  now: true,
  url: "a",
  uuid: 36,
  env: "object",
  log: "function",
  parsed: [1],
  then: 3,
  fetch: "function",
};

function functionsFor(builder: string): string {
  const vandals = Object.entries(VANDALISM).map(
    ([name, code]) =>
      `export const change_${name} = ${builder}(async () => { ${code} return null; });`,
  );
  return `${PRELUDE} ${vandals.join("\n")}
    export const healthy = ${builder}(async () => { console.log("alive"); return ${HEALTHY}; });
    let uses = 0;
    export const used = ${builder}(async () => ++uses);
    export const dangling = ${builder}(async () => { void new Promise(() => {}); return "returned"; });
    export const throwsAfter = ${builder}(async () => { void Promise.resolve().then(() => 0).then(() => { throw new Error("afterwards"); }); return "returned"; });
    export const rejectsLater = ${builder}(async () => { const lost = Promise.reject(new TypeError("lost")); await 0; await 0; return "returned"; });
    export const throw_nothing = ${builder}(async () => { throw undefined; });
    export const throw_text = ${builder}(async () => { throw "text"; });
    export const throw_number = ${builder}(async () => { throw 7; });
    export const throw_object = ${builder}(async () => { throw { a: 1 }; });
    export const throw_symbol = ${builder}(async () => { throw Symbol("s"); });
    export const throw_hostile = ${builder}(async () => { throw new Proxy({}, { get() { throw new Error("no"); }, has() { throw new Error("no"); }, getPrototypeOf() { throw new Error("no"); } }); });
    export const throw_unprintable = ${builder}(async () => { throw Object.create(null); });
    export const throw_badMessage = ${builder}(async () => { throw { message: { toString() { throw new Error("no"); } } }; });
    export const throw_deep = ${builder}(async () => { const down = () => down() + 1; return down(); });
    export const huge = ${builder}(async () => "x".repeat(17 * 1024 * 1024));`;
}

const LIFE = `${PRELUDE}
export const insert = mutation(async (ctx) => { await ctx.db.insert("rows", {}); });
export const count = query(async (ctx) => (await ctx.db.query("rows").collect()).length);
export const danglingWrite = mutation(async (ctx) => { void (async () => { for (let i = 0; i < 20; i++) await 0; await ctx.db.insert("rows", {}); })(); return "returned"; });
export const throwsWithWrite = mutation(async (ctx) => { void ctx.db.insert("rows", {}); throw new Error("no"); });
export const loop = query(() => { for (;;); });
export const chain = mutation(async (ctx) => { await ctx.db.insert("rows", {}); for (;;) await 0; });
export const net = query(async () => { try { await fetch("http://x/"); } catch { return "caught"; } });
export const timer = mutation(async (ctx) => { await ctx.db.insert("rows", {}); try { setTimeout(() => 1, 1); } catch {} return "caught"; });
export const keys = query(async () => { try { await crypto.subtle.generateKey({ name: "HMAC", hash: "SHA-256" }, true, ["sign"]); } catch {} return "caught"; });
export const late = query(async () => { await WebAssembly.compile(new Uint8Array([0,97,115,109,1,0,0,0])); new FinalizationRegistry(() => { for (;;); }).register({}, 1); return typeof Atomics.waitAsync; });
export const occ = mutation(async () => { try { Convex.syscall("throwOcc", "{}"); } catch {} return "caught"; });
export const overloaded = mutation(async () => { try { Convex.syscall("throwOverloaded", "{}"); } catch {} return "caught"; });`;

const ACTIONS = `${PRELUDE}
export const wait = action(async (ctx, { ms }) => { const before = globalThis.mark; globalThis.mark = ms; await new Promise((r) => setTimeout(r, ms)); return [before ?? null, globalThis.mark]; });
export const timerThrows = action(async () => { setTimeout(() => { throw new Error("in a timer"); }, 1); await new Promise((r) => setTimeout(r, 2000)); });
export const timerAfter = action(async (ctx) => { setTimeout(() => { console.log("too late"); ctx.runMutation(ref("life:insert"), {}); }, 30); return "returned"; });
export const danglingCall = action(async (ctx) => { void ctx.runQuery(ref("life:count"), {}); return "returned"; });
export const loopForever = action(async () => { for (;;); });
export const chainForever = action(async () => { for (;;) await 0; });
export const hoard = action(async () => { const all = []; for (;;) all.push(new Array(1000).fill(Math.random())); });
export const one = action(async () => 1);`;

const NODE = `"use node"; ${PRELUDE}
export const exit = action(async () => { process.exit(3); });
export const later = action(async () => { setTimeout(() => { throw new Error("boom"); }, 1); await new Promise((r) => setTimeout(r, 2000)); });
export const rejects = action(async () => { void Promise.reject(new Error("lost")); await new Promise((r) => setTimeout(r, 2000)); });
export const slow = action(async () => { await new Promise((r) => setTimeout(r, 300)); return "unharmed"; });
export const one = action(async () => 1);`;

let backend: TestBackend;
beforeAll(async () => {
  backend = await startTestBackend(
    {
      "q.ts": functionsFor("query"),
      "m.ts": functionsFor("mutation"),
      "a.ts": functionsFor("action"),
      "life.ts": LIFE,
      "acts.ts": ACTIONS,
      "nodes.ts": NODE,
    },
    {
      limits: {
        isolateActionTimeMs: 3000,
        nodeActionTimeMs: 3000,
        isolateHeapMegabytes: 160,
      },
    },
  );
});
afterAll(() => backend.close());

const run = (path: string, args = {}): Promise<ActionOutcome> =>
  backend.runtime.runAny(backend.call(path, args));
async function valueOf(path: string, args = {}): Promise<unknown> {
  const outcome = await run(path, args);
  if (outcome.kind === "failed") throw new Error(outcome.errorMessage);
  return outcome.value;
}
/** The first line after "Server Error". */
async function errorOf(path: string, args = {}): Promise<string | undefined> {
  const outcome = await run(path, args);
  if (outcome.kind === "ok") throw new Error("Expected a failure");
  return outcome.errorMessage.split("\n")[1];
}

describe.each(["q", "m", "a"])("after a function of module %s", (module) => {
  it.each(Object.keys(VANDALISM))(
    "changed %s, the next finds everything as it was",
    async (name) => {
      const ownKeys = Reflect.ownKeys(globalThis).length;
      for (let i = 0; i < 2; i++) await run(`${module}:change_${name}`);
      expect(await valueOf(`${module}:healthy`)).toEqual(EXPECTED);
      expect(Reflect.ownKeys(globalThis).length).toBe(ownKeys);
      expect(({} as { leaked?: unknown }).leaked).toBeUndefined();
    },
  );

  it("left a promise without an end, it has succeeded", async () => {
    expect(await valueOf(`${module}:dangling`)).toBe("returned");
  });

  it.each([
    ["nothing", "Uncaught undefined"],
    ["text", "Uncaught text"],
    ["number", "Uncaught 7"],
    ["object", "Uncaught #<Object>"],
    ["symbol", "Uncaught Symbol(s)"],
    ["hostile", "Uncaught Error: no"],
    ["unprintable", "Uncaught #<Object>"],
    ["badMessage", "Uncaught [unprintable value]"],
    ["deep", "Uncaught RangeError: Maximum call stack size exceeded"],
  ])("threw %s, the caller is told", async (name, text) => {
    expect(await errorOf(`${module}:throw_${name}`)).toBe(text);
    expect(await valueOf(`${module}:healthy`)).toEqual(EXPECTED);
  });

  it("returned too much, the caller is told", async () => {
    expect(await errorOf(`${module}:huge`)).toMatch(
      /^Function [qma]\.js:huge return value is too large \(actual: 17\.00 MiB, limit: 16 MiB\)$/,
    );
  });
});

describe("a function that leaves everything as it was", () => {
  it.each(["q", "m", "a"])(
    "leaves its realm to the next of module %s",
    async (module) => {
      const uses: unknown[] = [];
      for (let i = 0; i < 12; i++) uses.push(await valueOf(`${module}:used`));
      expect(Math.max(...uses.map(Number))).toBeGreaterThan(3);
    },
  );
});

describe("queries and mutations", () => {
  it("fail when something they left behind fails", async () => {
    for (const module of ["q", "m"]) {
      expect(await errorOf(`${module}:throwsAfter`)).toBe(
        "Uncaught Error: afterwards",
      );
      expect(await errorOf(`${module}:rejectsLater`)).toBe(
        "Uncaught TypeError: lost",
      );
    }
  });

  it("write what they forgot to await, and nothing when they throw", async () => {
    const before = Number(await valueOf("life:count"));
    expect(await valueOf("life:danglingWrite")).toBe("returned");
    expect(await errorOf("life:throwsWithWrite")).toBe("Uncaught Error: no");
    expect(await valueOf("life:count")).toBe(before + 1);
  });

  it("end after a second of endless work, without a trace", async () => {
    const before = await valueOf("life:count");
    const text = "Function execution timed out (maximum duration: 1s)";
    expect(await errorOf("life:loop")).toBe(text);
    expect(await errorOf("life:chain")).toBe(text);
    expect(await valueOf("life:count")).toBe(before);
  });

  it("fail for what they may not use, even when they catch it", async () => {
    const before = await valueOf("life:count");
    const refused = (what: string) =>
      `Can't use ${what} in queries and mutations. Please consider using an action. See https://docs.convex.dev/functions/actions for more details.`;
    expect(await errorOf("life:net")).toBe(refused("fetch()"));
    expect(await errorOf("life:timer")).toBe(refused("setTimeout()"));
    expect(await errorOf("life:keys")).toBe(
      refused("cryptographic randomness"),
    );
    expect(await valueOf("life:count")).toBe(before);
  });

  it("leave nothing that the engine would continue by itself", async () => {
    expect(await valueOf("life:late")).toBe("undefined");
  });

  it("do not catch troubles of the host", async () => {
    expect(await run("life:occ")).toMatchObject({
      system: { status: 503, code: "OptimisticConcurrencyControlFailure" },
    });
    expect(await run("life:overloaded")).toMatchObject({
      system: { status: 503, code: "Busy" },
    });
  });
});

describe("actions", () => {
  it("running at the same moment do not see each other", async () => {
    const all = await Promise.all(
      [30, 20, 10, 40, 50, 60].map((ms) => valueOf("acts:wait", { ms })),
    );
    expect(all).toEqual([30, 20, 10, 40, 50, 60].map((ms) => [null, ms]));
  });

  it("fail alone for what a timer throws or a promise loses", async () => {
    const others = [valueOf("acts:wait", { ms: 100 }), valueOf("acts:one")];
    expect(await errorOf("acts:timerThrows")).toBe(
      "Uncaught Error: in a timer",
    );
    expect(await Promise.all(others)).toEqual([[null, 100], 1]);
  });

  it("are over when they have returned", async () => {
    const before = await valueOf("life:count");
    expect(await valueOf("acts:timerAfter")).toBe("returned");
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(await valueOf("life:count")).toBe(before);
  });

  it("are warned of what they did not await", async () => {
    const outcome = await run("acts:danglingCall");
    expect(outcome.logLines).toEqual([
      expect.stringMatching(/^\[WARN\] 1 unawaited operation\. Async/),
    ]);
  });

  it("in endless loops harm no other: not those beside them, not those to come", async () => {
    const text = "Function execution timed out (maximum duration: 3s)";
    const beside = [1, 2, 3, 4].map(() => valueOf("acts:wait", { ms: 500 }));
    const loops = ["acts:loopForever", "acts:chainForever"].map((path) =>
      errorOf(path),
    );
    await new Promise((resolve) => setTimeout(resolve, 1500));
    expect(await valueOf("acts:one")).toBe(1);
    expect(await Promise.all(loops)).toEqual([text, text]);
    expect(await Promise.all(beside)).toHaveLength(4);
  });

  it("that take all memory fail alone, and the next has a worker", async () => {
    expect(await errorOf("acts:hoard")).toBe(
      "JavaScript execution ran out of memory (maximum memory usage: 160 MB)",
    );
    expect(await valueOf("acts:one")).toBe(1);
  });
});

describe("node actions", () => {
  it("fail alone for what would end the process", async () => {
    const slow = valueOf("nodes:slow");
    expect(await errorOf("nodes:exit")).toBe(
      "Uncaught Error: process.exit() called with exit code 3",
    );
    expect(await slow).toBe("unharmed");
    expect(await errorOf("nodes:later")).toBe(
      "Uncaught uncaughtException: boom",
    );
    expect(await errorOf("nodes:rejects")).toBe(
      "Uncaught unhandledRejection: lost",
    );
    expect(await valueOf("nodes:one")).toBe(1);
  });
});
