import fc from "fast-check";
import { afterEach, describe, expect, it, vi } from "vitest";
import { evaluateCode } from "../../tests/support/language/evaluate-source";

const LIMIT = {
  kind: "failed",
  error: { code: "sandbox_limit", retryable: false },
};

const NOW = 1_700_000_000_000;

/** Whatever came before, the next evaluation is as if it were the first. */
async function expectUnaffected(): Promise<void> {
  const probe = `() => [
    Object.keys(globalThis).length, typeof leaked, ({}).polluted, [].polluted, "".polluted, (() => {}).polluted,
    [3, 1, 2].sort().join(), JSON.stringify({ a: 1 }), typeof fetch, new Date(0).getTime(), Math.max(1, 2), parseInt("12"),
  ]`;
  expect(await evaluateCode(probe)).toEqual({
    kind: "ok",
    value: [
      0,
      "undefined",
      null,
      null,
      null,
      null,
      "1,2,3",
      '{"a":1}',
      "undefined",
      0,
      2,
      12,
    ].map((v) => v),
    logs: [],
  });
}

const ESCAPES: [string, string, unknown][] = [
  [
    "the constructor chain",
    `() => typeof (() => {}).constructor.constructor("return typeof process + typeof require + typeof fetch")()`,
    "string",
  ],
  [
    "the constructor chain's globals",
    `() => (() => {}).constructor("return typeof process + typeof require + typeof fetch + typeof WebAssembly")()`,
    "undefinedundefinedundefinedundefined",
  ],
  [
    "an error's constructor",
    `() => { try { null.x } catch (e) { return typeof e.constructor.constructor("return this")().process } }`,
    "undefined",
  ],
  [
    "the console's constructor",
    `() => typeof console.log.constructor("return globalThis")().process`,
    "undefined",
  ],
  [
    "the caller of a function",
    `() => { try { return String((function f() { return f.caller })()) } catch (e) { return e.name } }`,
    "TypeError",
  ],
  ["a global setter", `() => { globalThis.leaked = 1; return leaked }`, 1],
  [
    "Object.prototype",
    `() => { Object.prototype.polluted = 1; return {}.polluted }`,
    undefined,
  ],
  [
    "Array.prototype",
    `() => { Array.prototype.polluted = 1; Array.prototype.map = null; Array.prototype.join = () => "x"; return 1 }`,
    1,
  ],
  [
    "Function.prototype",
    `() => { const p = Object.getPrototypeOf(() => 1); p.call = () => 7; p.apply = () => 7; p.polluted = 7; return 1 }`,
    1,
  ],
  [
    "JSON",
    `() => { JSON.stringify = () => "[666]"; JSON.parse = () => 666; return 1 }`,
    1,
  ],
  [
    "Object.prototype.toJSON",
    `() => { Object.prototype.toJSON = () => 5; return { a: 1 } }`,
    5,
  ],
  [
    "Math and Date",
    `() => { try { Math.max = () => 0; Date.now = () => 0 } catch {} return Date.now() }`,
    1_700_000_000_000,
  ],
  ["promises' then", `() => { Promise.prototype.then = () => 1; return 1 }`, 1],
  [
    "symbols on classes",
    `() => { Object.defineProperty(Array, Symbol.species, { value: Object }); return 1 }`,
    1,
  ],
  [
    "the language itself",
    `() => { try { $lockstep.workflow = 1; $lockstep.leaked = 1 } catch {} return 1 }`,
    1,
  ],
  ["Proxy", `() => typeof Proxy`, "undefined"],
  [
    "SharedArrayBuffer and Atomics",
    `() => typeof SharedArrayBuffer + typeof Atomics`,
    "undefinedundefined",
  ],
  [
    "a getter that throws",
    `() => ({ get a() { throw new Error("no") } })`,
    undefined,
  ],
  [
    "a getter that changes its mind",
    `() => { let n = 0; return { get a() { return n++ ? () => 1 : 1 } } }`,
    undefined,
  ],
  [
    "toJSON that returns a function",
    `() => ({ toJSON() { return () => 1 } })`,
    undefined,
  ],
  [
    "an error with a hostile name",
    `() => { const e = new Error("x"); Object.defineProperty(e, "name", { get() { throw 1 } }); throw e }`,
    undefined,
  ],
  [
    "an error with a hostile stack",
    `() => { const e = new Error("x"); e.stack = { toString() { while (true) {} } }; e.message = { toJSON() { while (true) {} } }; throw e }`,
    undefined,
  ],
  [
    "an endless cause",
    `() => { const e = new Error("x"); e.cause = e; throw e }`,
    undefined,
  ],
  [
    "exit codes",
    `() => { throw { name: 1, message: null, code: "sandbox_limit" } }`,
    undefined,
  ],
];

const ENDLESS: [string, string][] = [
  ["an endless loop", `() => { while (true) {} }`],
  [
    "an endless loop that catches",
    `() => { while (true) { try { while (true) {} } catch {} finally { continue } } }`,
  ],
  [
    "an endless generator",
    `() => { function* f() { while (true) yield 1 } for (const x of f()) {} }`,
  ],
  [
    "an endless getter in the result",
    `() => ({ get a() { while (true) {} } })`,
  ],
  ["an endless toJSON", `() => ({ toJSON() { while (true) {} } })`],
  [
    "a regular expression that backtracks",
    `() => /(a+)+$/.test("a".repeat(40) + "b")`,
  ],
];

const TOO_DEEP_OR_LARGE: [string, string][] = [
  ["deep recursion", `() => { const f = (n) => f(n + 1) + 1; return f(0) }`],
  [
    "deep recursion through toString",
    `() => { const o = { toString() { return "" + o } }; return "" + o }`,
  ],
  [
    "deep recursion through sort",
    `() => { const f = () => [2, 1].sort(f); f() }`,
  ],
  [
    "a memory bomb of strings",
    `() => { let s = "xy"; while (true) s += s + "z" }`,
  ],
  [
    "a memory bomb of arrays",
    `() => { const a = []; while (true) a.push(new Array(1000).fill(1)) }`,
  ],
  [
    "a memory bomb of buffers",
    `() => { const a = []; while (true) a.push(new Uint8Array(1e6)) }`,
  ],
  [
    "a memory bomb of maps",
    `() => { const m = new Map(); for (let i = 0; ; i++) m.set(i, { i }) }`,
  ],
  ["one huge buffer", `() => new ArrayBuffer(1e9).byteLength`],
  ["a huge repeat", `() => "x".repeat(5e8).length`],
];

describe("user code that tries to get out", () => {
  it.each(ESCAPES)("%s stays inside", async (_name, fn, expected) => {
    const result = await evaluateCode(fn);
    if (expected !== undefined)
      expect(result).toEqual({ kind: "ok", value: expected, logs: [] });
    await expectUnaffected();
  });
});

describe("user code that uses everything up", () => {
  afterEach(() => vi.useRealTimers());

  it.each([...ENDLESS, ...TOO_DEEP_OR_LARGE])(
    "%s is stopped",
    async (_name, fn) => {
      expect(await evaluateCode(fn)).toMatchObject({
        kind: "failed",
        error: { retryable: expect.any(Boolean) },
      });
      await expectUnaffected();
    },
  );

  it.each(ENDLESS)(
    "%s is stopped where the clock stands still, as it does in a mutation",
    async (_name, fn) => {
      vi.useFakeTimers({ toFake: ["Date", "performance"], now: NOW });
      expect(await evaluateCode(fn)).toMatchObject(LIMIT);
      await expectUnaffected();
    },
  );

  it.each(TOO_DEEP_OR_LARGE)(
    "%s is stopped where the time of day stands still, long before it has asked often",
    async (_name, fn) => {
      vi.useFakeTimers({ toFake: ["Date"], now: NOW });
      expect(await evaluateCode(fn)).toMatchObject({ kind: "failed" });
      await expectUnaffected();
    },
  );

  it("says that a loop without end ran into the limit", async () => {
    expect(await evaluateCode("() => { while (true) {} }")).toMatchObject(
      LIMIT,
    );
    expect(
      await evaluateCode("() => { const f = () => 1 + f(); f() }"),
    ).toMatchObject(LIMIT);
    expect(
      await evaluateCode(
        "() => { const a = []; while (true) a.push('x'.repeat(1e5) + a.length) }",
      ),
    ).toMatchObject(LIMIT);
  });

  it.each([
    [
      "indexOf on a huge sparse array",
      "() => { const a = []; a.length = 4e9; return a.indexOf(1) }",
    ],
    [
      "includes on a false length",
      "() => [].includes.call({ length: 2 ** 53 - 1 }, 1)",
    ],
    [
      "a length that changes",
      "() => { let n = 0; return [].includes.call({ get length() { return n++ ? 2 ** 53 - 1 : 1 } }, 1) }",
    ],
    [
      "concat of a sparse array",
      "() => { const a = []; a.length = 4e9; return [].concat(a).length }",
    ],
    [
      "join on a sparse array",
      "() => { const a = []; a.length = 4e9; return String(a).length }",
    ],
    [
      "an object as length",
      "() => [].includes.call({ length: { valueOf: () => 2 ** 53 - 1 } }, 1)",
    ],
  ])("%s is refused at once", async (_name, fn) => {
    // By the method itself, before it goes through anything: nothing ran into a limit.
    expect(await evaluateCode(fn)).toMatchObject({
      kind: "failed",
      error: {
        code: "user_error",
        name: expect.stringMatching(/^(Range|Type)Error$/),
      },
    });
    await expectUnaffected();
  });

  it("a storm of promises and deep JSON do not outlive the evaluation", async () => {
    await evaluateCode(
      "() => { const f = () => Promise.resolve().then(f).then(f); for (let i = 0; i < 100; i++) f(); return 1 }",
    );
    await evaluateCode(
      "() => { let t = ''; for (let i = 0; i < 50000; i++) t += '['; return JSON.parse(t) }",
    );
    await evaluateCode(
      "() => { let a = []; for (let i = 0; i < 50000; i++) a = [a]; return a }",
    );
    await evaluateCode(
      "() => new RegExp('('.repeat(20000) + ')'.repeat(20000)).test('')",
    );
    await evaluateCode(
      "() => (() => {}).constructor('return ' + '('.repeat(50000))",
    );
    await expectUnaffected();
  });

  it("a log without end is cut", async () => {
    const result = await evaluateCode(
      `() => { for (let i = 0; i < 5000; i++) console.log("x".repeat(1000)) }`,
    );
    const size = result.logs.reduce(
      (sum, line) => sum + line.message.length,
      0,
    );
    expect(size).toBeLessThanOrEqual(64 * 1024);
  });
});

describe("two evaluations", () => {
  it("never see each other", async () => {
    const names = fc.constantFrom(
      "Object",
      "Array",
      "String",
      "Number",
      "Promise",
      "Map",
      "Set",
      "RegExp",
      "Error",
      "Date",
    );
    await fc.assert(
      fc.asyncProperty(
        names,
        fc.stringMatching(/^[a-z]{1,8}$/),
        fc.integer(),
        async (name, key, value) => {
          const mine = `mine_${key}`;
          await evaluateCode(
            `() => { globalThis.${mine} = ${value}; ${name}.${mine} = ${value}; ${name}.prototype.${mine} = ${value}; return 1 }`,
          );
          const seen = await evaluateCode(
            `() => [typeof ${mine}, typeof ${name}.${mine}, typeof ${name}.prototype.${mine}]`,
          );
          expect(seen).toMatchObject({
            value: ["undefined", "undefined", "undefined"],
          });
        },
      ),
      { numRuns: 25 },
    );
  });
});
