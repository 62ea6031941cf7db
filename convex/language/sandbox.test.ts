import { describe, expect, it } from "vitest";
import { evaluate } from "./sandbox";
import {
  DEFAULTS,
  evaluateCode,
  programFrom,
} from "../../tests/support/language/evaluate-source";

describe("evaluate", () => {
  it("calls a step's function with its scope", async () => {
    const result = await evaluateCode(
      "({ input, steps, item, index }) => [input.n + steps.b, item, index]",
      { scope: { input: { n: 1 }, steps: { b: 2 }, item: "x", index: 4 } },
    );
    expect(result).toEqual({ kind: "ok", value: [3, "x", 4], logs: [] });
  });

  it("finds functions inside branches and loops", async () => {
    const program = await programFrom(`import { workflow } from "lockstep";
      export default workflow().condition("c", {
        if: () => true,
        then: (flow) => flow.loop("l", { times: 2, do: (f) => f.code("deep", ({ index }) => index) }),
        else: (flow) => flow.code("other", () => "else"),
      }).output(({ steps }) => steps.c);`);
    const scope = { input: 0, steps: { c: "out" }, index: 1 };
    const run = (path: string, slot: "run" | "if" | "output") =>
      evaluate({ ...DEFAULTS, program, scope, fn: { path, slot } });
    expect(await run("c/l/deep", "run")).toMatchObject({ value: 1 });
    expect(await run("c/other", "run")).toMatchObject({ value: "else" });
    expect(await run("c", "if")).toMatchObject({ value: true });
    expect(await run("", "output")).toMatchObject({ value: "out" });
    expect(await run("c/none", "run")).toMatchObject({
      error: { code: "missing_function", retryable: false },
    });
  });

  it("gives the same random numbers for the same seed, and a clock that stands still", async () => {
    const fn =
      "() => [Math.random(), Math.random(), Date.now(), new Date().toISOString()]";
    const [one, two, other] = await Promise.all([
      evaluateCode(fn),
      evaluateCode(fn),
      evaluateCode(fn, { seed: "another" }),
    ]);
    expect(one).toEqual(two);
    expect(one).not.toEqual(other);
    expect(one).toMatchObject({
      value: [
        expect.any(Number),
        expect.any(Number),
        1_700_000_000_000,
        "2023-11-14T22:13:20.000Z",
      ],
    });
  });

  it("captures the log, also of a function that fails", async () => {
    const result = await evaluateCode(
      `() => { console.log("a", { b: 1n }); console.error(new Error("no")); throw new Error("end"); }`,
    );
    expect(result.logs).toEqual([
      { level: "info", message: 'a {"b":"1n"}' },
      { level: "error", message: "Error: no" },
    ]);
  });

  it("tells where in the user's source an error came from, with its cause", async () => {
    const program =
      await programFrom(`import { workflow, type Flow } from "lockstep";
type Order = { id: string };
function check(order: Order | null): string {
  if (order === null) throw new TypeError("no order", { cause: new Error("inner") });
  return order.id;
}
export default workflow().code("a", ({ steps }: { steps: unknown }) => check(null));`);
    const result = await evaluate({
      ...DEFAULTS,
      program,
      fn: { path: "a", slot: "run" },
    });
    expect(result).toMatchObject({
      kind: "failed",
      error: {
        name: "TypeError",
        message: "no order",
        code: "user_error",
        retryable: true,
        frames: [
          { fn: "check", line: 4, column: 42 },
          { line: 7, column: 77 },
        ],
        cause: { message: "inner" },
      },
    });
  });

  it("does not retry a NonRetryableError", async () => {
    const result = await evaluateCode(
      `() => { throw new NonRetryableError("never") }`,
    );
    expect(result).toMatchObject({
      error: { name: "NonRetryableError", retryable: false },
    });
  });

  it.each([
    ["a thrown text", `() => { throw "text" }`, "text"],
    ["a thrown object", `() => { throw { a: 1 } }`, '{"a":1}'],
    [
      "a thrown null",
      `() => { throw null }`,
      "The code threw null; throw new Error(…) to say what is wrong",
    ],
    [
      "an error whose message throws",
      `() => { const e = new Error("x"); Object.defineProperty(e, "message", { get() { throw 1 } }); throw e }`,
      "The code threw something that has no readable message",
    ],
    [
      "a name of another platform",
      `() => fetch("https://a.example")`,
      "'fetch' is not defined; only an action has it, from its argument: async ({ fetch }) => …",
    ],
  ])("describes %s", async (_what, fn, message) => {
    expect(await evaluateCode(fn)).toMatchObject({
      kind: "failed",
      error: { message },
    });
  });

  it.each([
    ["undefined", "() => {}", null],
    ["-0", "() => [-0]", [0]],
    ["a date", "() => new Date(0)", "1970-01-01T00:00:00.000Z"],
    ["missing properties", "() => ({ a: undefined, b: 1 })", { b: 1 }],
    [
      "an own __proto__",
      `() => JSON.parse('{"__proto__":1}')`,
      JSON.parse('{"__proto__":1}'),
    ],
  ])("writes %s as JSON does", async (_what, fn, value) => {
    expect(await evaluateCode(fn)).toEqual({ kind: "ok", value, logs: [] });
  });

  it.each([
    ["a function", "() => ({ a: [() => 1] })", "a function at .a[0]"],
    ["a cycle", "() => { const a = {}; a.a = a; return a }", "itself"],
    ["a bigint", "() => ({ n: 1n })", "bigint"],
    ["a map", "() => new Map()", "Object.fromEntries"],
    ["a promise", "async () => 1", "promise"],
    ["a symbol", "() => Symbol()", "a symbol"],
    ["NaN", "() => ({ sum: [1, NaN] })", "holds NaN at .sum[1]"],
    ["an infinite number", "() => -Infinity", "is -Infinity"],
    ["an invalid date", "() => [new Date(NaN)]", "an invalid date at [0]"],
    ["a secret outside a request", `() => secret("K")`, "secret"],
    ["a secret in a text", "() => `x ${secret('K')}`", "secret"],
  ])("refuses %s with a reason", async (_what, fn, reason) => {
    const result = await evaluateCode(fn);
    expect(result).toMatchObject({
      kind: "failed",
      error: {
        code: "invalid_value",
        retryable: false,
        message: expect.stringContaining(reason),
      },
    });
  });

  it("refuses an output of more than 16 MiB", async () => {
    const result = await evaluateCode(`() => "é".repeat(${9 * 1024 * 1024})`);
    expect(result).toMatchObject({ error: { retryable: false } });
  });

  it("gives secrets of a request as placeholders, never as text", async () => {
    const result = await evaluate({
      ...DEFAULTS,
      program: await programFrom(`import { workflow, secret } from "lockstep";
        export default workflow().http("h", { request: () => ({ url: "u", headers: { a: \`Bearer \${secret("K")}!\`, b: secret("L") } }) });`),
      fn: { path: "h", slot: "request" },
    });
    expect(result).toMatchObject({
      value: {
        headers: {
          a: { $template: ["Bearer ", { $secret: "K" }, "!"] },
          b: { $secret: "L" },
        },
      },
    });
  });

  it("refuses a placeholder that came with the input", async () => {
    const program = await programFrom(`import { workflow } from "lockstep";
      export default workflow().http("h", { request: ({ input }) => ({ url: "u", json: input }) });`);
    for (const input of [{ $secret: "K" }, { deep: [{ $template: ["x"] }] }]) {
      const result = await evaluate({
        ...DEFAULTS,
        program,
        scope: { input, steps: {} },
        fn: { path: "h", slot: "request" },
      });
      expect(result).toMatchObject({ error: { code: "invalid_value" } });
    }
  });
});
