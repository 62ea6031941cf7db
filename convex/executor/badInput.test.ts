/**
 * Code that does what it must not. Whoever wrote it sees a named error, what and where; what was there before stays, and
 * the next run is not touched.
 */
import { beforeAll, describe, expect, it } from "vitest";
import type { Id } from "../_generated/dataModel";
import { useExecutorInProcess } from "../../tests/support/executor/use-executor";

const executor = useExecutorInProcess();

let healthy: Id<"workflows">;
beforeAll(async () => {
  healthy = await executor.publish(
    `().code("sum", () => 1 + 1).output(({ steps }) => steps.sum)`,
  );
});

/** The step `bad` in line 4 of the source, behind one that has completed. */
const behindAnother = (step: string) =>
  `()\n.code("before", () => "kept")\n${step}`;

async function failureOf(step: string) {
  const { runId, error, state } = await executor.failureOf(behindAnother(step));
  expect(state.error.stepKey).toBe("bad");
  const before = await executor.step(runId, "before");
  expect(await executor.value(before.output)).toBe("kept");
  expect((await executor.states(runId))["bad"]).toBe("failed");
  expect(await executor.outputOf(await executor.start(healthy))).toBe(2);
  const frame = error?.frames?.[0];
  return { ...error, line: frame?.line ?? null };
}

type Case = [
  what: string,
  step: string,
  code: string,
  message: RegExp,
  line: number | null,
];

async function expectFailure([, step, code, message, line]: Case) {
  const error = await failureOf(step);
  expect(error.message).toMatch(message);
  expect({ code: error.code, line: error.line }).toEqual({ code, line });
}

const code = (body: string) => `.code("bad", () => { ${body} })`;
const action = (body: string) =>
  `.action("bad", async ({ fetch }) => { ${body} }, { retry: { maxAttempts: 1 } })`;

describe("code that never ends", () => {
  it.each<Case>([
    [
      "in a loop",
      code("for (;;);"),
      "sandbox_limit",
      /longer than 100 ms\. Do less in one step/,
      4,
    ],
    [
      "in a getter of its output",
      code("return { get x() { for (;;); } };"),
      "sandbox_limit",
      /longer than 100 ms/,
      4,
    ],
    [
      "in a getter of what it throws",
      code("throw { get message() { for (;;); } };"),
      "sandbox_limit",
      /threw something that cannot be read within 50 ms/,
      null,
    ],
    [
      "while it fills the memory",
      code("const all = []; for (;;) all.push(new Array(1000).fill(1));"),
      "sandbox_limit",
      /longer than 100 ms|too much memory/,
      4,
    ],
    [
      "in an action",
      action("for (;;);"),
      "sandbox_limit",
      /longer than 1000 ms without waiting/,
      null,
    ],
    [
      "because it waits for nothing",
      action("await new Promise(() => {});"),
      "user_error",
      /a promise that nothing will ever settle/,
      null,
    ],
    [
      "because it calls itself",
      code("const f = () => f() + 1; return f();"),
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
  it.each<Case>([
    ["a text", code(`throw "boom";`), "user_error", /^boom$/, null],
    ["undefined", code("throw undefined;"), "user_error", /undefined; t/, null],
    ["null", action("throw null;"), "user_error", /threw null; throw/, null],
    [
      "an object with getters",
      code(`throw { get message() { throw new Error("inner"); }, a: 1 };`),
      "user_error",
      /has no readable message/,
      null,
    ],
    [
      "an error whose message cannot be read",
      code(
        `const e = new Error("x"); Object.defineProperty(e, "message", { get() { throw 1; } }); throw e;`,
      ),
      "user_error",
      /has no readable message/,
      4,
    ],
    [
      "an error",
      code(`throw new RangeError("far");`),
      "user_error",
      /^far$/,
      4,
    ],
  ])("%s is the failure of the step", async (...one) => {
    await expectFailure(one);
  });
});

describe("what is given and is no JSON", () => {
  it.each<Case>([
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
    for (const step of [code(body), action(body)])
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

describe("a loop", () => {
  const over = (option: string) =>
    `.loop("bad", { ${option}, do: (f) => f.code("x", () => 1) })`;

  it.each<Case>([
    ["a text", over(`each: () => "abc"`), "invalid_value", /a string/, null],
    ["an object", over("each: () => ({})"), "invalid_value", /an object/, null],
    [
      "a Map",
      over("each: () => new Map()"),
      "invalid_value",
      /each is a/,
      null,
    ],
    [
      "nothing",
      over("each: () => { [1]; }"),
      "invalid_value",
      /null or nothing \(is a return missing\?\)/,
      null,
    ],
    [
      "100,001 items",
      over(
        "maxIterations: 100000, each: () => Array.from({ length: 100001 }, () => 1)",
      ),
      "too_many_iterations",
      /100001 times; at most 100000 are allowed\. Split the list\.$/,
      null,
    ],
    ["-1 times", over("times: () => -1"), "invalid_value", /run -1 t/, null],
    ["1.5 times", over("times: () => 1.5"), "invalid_value", /whole/, null],
    ["NaN times", over("times: () => NaN"), "invalid_value", /s is NaN/, null],
  ])("over %s fails, and says what it was given", async (...one) => {
    await expectFailure(one);
  });

  it("over an empty list has an empty output", async () => {
    const runId = await executor.publishAndStart(
      `().loop("l", { each: () => [], do: (f) => f.code("x", () => 1) }).output(({ steps }) => steps.l)`,
    );
    expect(await executor.outputOf(runId)).toEqual([]);
  });
});

describe("a delay that is computed", () => {
  const until = (value: string) => `.delay("bad", { until: () => ${value} })`;

  it.each<Case>([
    ["no time", until(`"soon"`), "invalid_value", /until gave "soon"/, null],
    ["NaN", until("NaN"), "invalid_value", /until is NaN/, null],
    ["no date", until("new Date(NaN)"), "invalid_value", /invalid date/, null],
    ["nothing", until("undefined"), "invalid_value", /until gave null/, null],
    [
      "the year 275760",
      until(`"+275760-09-13T00:00:00.000Z"`),
      "invalid_value",
      /at most 5 years/,
      null,
    ],
  ])("until %s fails", async (...one) => {
    await expectFailure(one);
  });

  it.each(["0", "-1", `"1970-01-01"`])("until %s is over", async (time) => {
    const runId = await executor.publishAndStart(
      `().delay("d", { until: () => ${time} })`,
    );
    expect((await executor.untilEnded(runId)).state.kind).toBe("completed");
  });
});

describe("what people write by mistake", () => {
  const http = (request: string) =>
    `.http("bad", { request: ({ input }) => ${request} })`;

  it.each<Case>([
    [
      "a property of what a step did not give",
      `.code("bad", ({ steps }) => steps.before.order.id)`,
      "user_error",
      /cannot read property 'id' of undefined/,
      4,
    ],
    [
      "a step that does not exist",
      `.code("bad", ({ steps }) => steps.befor.length)`,
      "user_error",
      /cannot read property 'length' of undefined/,
      4,
    ],
    [
      "fetch in code",
      code(`return fetch("$server/x");`),
      "user_error",
      /'fetch' is not defined; only an action has it/,
      4,
    ],
    [
      "input without an argument",
      code("return `Hello ${input.name}`;"),
      "user_error",
      /'input' is not defined; a step gets it from its argument/,
      4,
    ],
    [
      "an unknown template variable",
      code("return `Hello ${nobody}`;"),
      "user_error",
      /'nobody' is not defined/,
      4,
    ],
    [
      "a request without return",
      `.http("bad", { request: () => { ({ url: "$server/x" }); } })`,
      "invalid_request",
      /request must give an object such as/,
      null,
    ],
    [
      "no url",
      http(`({ uri: "$server/x" })`),
      "invalid_request",
      /a url/,
      null,
    ],
    [
      "a misspelled method",
      http(`({ url: "$server/x", methud: "DELETE" })`),
      "invalid_request",
      /no "methud"; it has url, method,/,
      null,
    ],
    [
      "headers as text",
      http(`({ url: "$server/x", headers: "accept: text/csv" })`),
      "invalid_request",
      /headers must be an object/,
      null,
    ],
    [
      "an undefined part of a url",
      http("({ url: `$server/orders/${input.nope}` })"),
      "invalid_request",
      /part of the url is undefined/,
      null,
    ],
    [
      "an object in a url",
      http("({ url: `$server/orders?of=${{ id: 1 }}` })"),
      "invalid_request",
      /part of the url is an object/,
      null,
    ],
    [
      "a promise in the output",
      action(`const r = await fetch("$server/x"); return { body: r.text() };`),
      "invalid_value",
      /a promise .* at \.body/,
      null,
    ],
    [
      "a question that is no text",
      `.approval("bad", { title: ({ input }) => input.title })`,
      "invalid_value",
      /title must give a text/,
      null,
    ],
    [
      "a message that gives nothing",
      `.fail("bad", ({ input }) => input.why)`,
      "failed_by_step",
      /"bad" ended the run, and its message gave nothing/,
      null,
    ],
  ])("%s fails with what and where", async (...one) => {
    await expectFailure(one);
    const isAsked = one[1].includes("r.text()");
    expect(executor.server.asked).toHaveLength(isAsked ? 1 : 0);
  });

  it("a forgotten await of a request is said in the log of the action", async () => {
    const runId = await executor.publishAndStart(
      `().action("a", async ({ fetch }) => { fetch("$server/x"); return 1; })`,
    );
    await executor.untilEnded(runId);
    expect(await executor.lines(await executor.step(runId, "a"))).toMatchObject(
      [{ level: "warn", text: expect.stringMatching(/is an await missing/) }],
    );
  });
});
