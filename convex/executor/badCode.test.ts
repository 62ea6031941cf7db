/** Code that does what it must not: that never ends, throws what is no error, or gives what is no JSON. */
import { describe, expect, it } from "vitest";
import {
  badAction,
  badCode,
  type BadStep,
  useBadSteps,
} from "../../tests/support/executor/bad-steps";

const { executor, expectFailure } = useBadSteps();

describe("code that never ends", () => {
  it.each<BadStep>([
    [
      "in a loop",
      badCode("for (;;);"),
      "sandbox_limit",
      /longer than 100 ms\. Do less in one step/,
      4,
    ],
    [
      "in a getter of its output",
      badCode("return { get x() { for (;;); } };"),
      "sandbox_limit",
      /longer than 100 ms/,
      4,
    ],
    [
      "in a getter of what it throws",
      badCode("throw { get message() { for (;;); } };"),
      "sandbox_limit",
      /threw something that cannot be read within 50 ms/,
      null,
    ],
    [
      "while it fills the memory",
      badCode("const all = []; for (;;) all.push(new Array(1000).fill(1));"),
      "sandbox_limit",
      /longer than 100 ms|too much memory/,
      4,
    ],
    [
      "in an action",
      badAction("for (;;);"),
      "sandbox_limit",
      /longer than 1000 ms without waiting/,
      null,
    ],
    [
      "because it waits for nothing",
      badAction("await new Promise(() => {});"),
      "user_error",
      /a promise that nothing will ever settle/,
      null,
    ],
    [
      "because it calls itself",
      badCode("const f = () => f() + 1; return f();"),
      "sandbox_limit",
      /more stack or memory|too deeply/,
      null,
    ],
    [
      "as a condition",
      `.condition("bad", { if: () => { for (;;); }, then: (f) => f.code("x", () => 1) })`,
      "sandbox_limit",
      /longer than 100 ms/,
      4,
    ],
    [
      "as a while",
      `.loop("bad", { while: () => true, maxIterations: 3, do: (f) => f.code("x", () => 1) })`,
      "too_many_iterations",
      /run 4 times; at most 3 are allowed\. Its while was still true/,
      null,
    ],
  ])("%s fails, and says what is allowed", async (...one) => {
    await expectFailure(one);
  });
});

describe("what is thrown", () => {
  it.each<BadStep>([
    ["a text", badCode(`throw "boom";`), "user_error", /^boom$/, null],
    [
      "undefined",
      badCode("throw undefined;"),
      "user_error",
      /undefined; t/,
      null,
    ],
    ["null", badAction("throw null;"), "user_error", /threw null; throw/, null],
    [
      "an object with getters",
      badCode(`throw { get message() { throw new Error("inner"); }, a: 1 };`),
      "user_error",
      /has no readable message/,
      null,
    ],
    [
      "an error whose message cannot be read",
      badCode(
        `const e = new Error("x"); Object.defineProperty(e, "message", { get() { throw 1; } }); throw e;`,
      ),
      "user_error",
      /has no readable message/,
      4,
    ],
    [
      "an error",
      badCode(`throw new RangeError("far");`),
      "user_error",
      /^far$/,
      4,
    ],
  ])("%s is the failure of the step", async (...one) => {
    await expectFailure(one);
  });
});

describe("what is given and is no JSON", () => {
  it.each<BadStep>([
    ["a function", "() => 1", "invalid_value", /is a function/, null],
    [
      "a function inside",
      "({ a: [{ b() {} }] })",
      "invalid_value",
      /holds a function at \.a\[0\]\.b/,
      null,
    ],
    [
      "a cycle",
      "(() => { const a = { b: {} }; a.b.a = a; return a; })()",
      "invalid_value",
      /refers to itself/,
      null,
    ],
    ["NaN", "({ sum: NaN })", "invalid_value", /NaN at \.sum/, null],
    ["Infinity", "1 / 0", "invalid_value", /is Infinity/, null],
    ["a bigint", "[1n]", "invalid_value", /bigint \(use .* at \[0\]/, null],
    ["no date", "new Date(NaN)", "invalid_value", /is an invalid date/, null],
    [
      "a text of 100 MiB",
      `"x".repeat(100 * 1024 * 1024)`,
      "sandbox_limit",
      /more than 32 MiB/,
      null,
    ],
    [
      "a text of 17 MiB",
      `"x".repeat(17 * 1024 * 1024)`,
      "payload_too_large",
      /larger than 16 MiB\. Keep large data elsewhere/,
      null,
    ],
  ])("%s fails code and action", async (what, value, errorCode, ...more) => {
    const body = `return ${value};`;
    for (const step of [badCode(body), badAction(body)])
      await expectFailure([what, step, errorCode, ...more]);
  });

  it.each([
    ["new Date(0)", "1970-01-01T00:00:00.000Z"],
    ["-0", 0],
    ["undefined", null],
    ["{ a: undefined }.a", null],
  ])("%s has a form in JSON, and is kept as that", async (value, kept) => {
    for (const step of [`() => (${value})`, `async () => (${value})`]) {
      const kind = step.startsWith("async") ? "action" : "code";
      const runId = await executor.publishAndStart(
        `().${kind}("a", ${step.replace("({", "(({").replace("}.a)", "}).a)")}).output(({ steps }) => [steps.a])`,
      );
      expect(await executor.outputOf(runId)).toEqual([kept]);
    }
  });

  it("does not spoil a condition, which only asks whether it holds", async () => {
    const runId = await executor.publishAndStart(
      `().condition("c", { if: () => NaN, then: (f) => f.code("a", () => 1), else: (f) => f.code("b", () => 2) }).output(({ steps }) => steps.c.branch)`,
    );
    expect(await executor.outputOf(runId)).toBe("else");
  });
});
