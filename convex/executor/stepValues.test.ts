/** What user code gives and logs, as it is stored. */
import { describe, expect, it } from "vitest";
import { useExecutorInProcess } from "../../tests/support/executor/use-executor";

const executor = useExecutorInProcess();

const outputOf = async (chain: string, input?: unknown) =>
  await executor.outputOf(await executor.publishAndStart(chain, input));

describe("what user code gives", () => {
  it.each([
    ["undefined", null],
    ["-0", 0],
    ["new Date(0)", "1970-01-01T00:00:00.000Z"],
    ["({ a: undefined, b: [undefined] })", { b: [null] }],
    [
      '({ ["__proto__"]: 1, constructor: 2 })',
      { ["__proto__"]: 1, constructor: 2 },
    ],
    ['"\\uD800"', "\uD800"],
  ])("%s is stored as %j", async (code, value) => {
    expect(
      await outputOf(
        `().code("a", () => (${code})).output(({ steps }) => steps.a)`,
      ),
    ).toEqual(value);
  });

  it.each([
    ["a string", `throw "just text"`, /just text/],
    ["nothing", "throw undefined", /undefined/],
    ["an object with getters", `throw { get message() { throw 1 } }`, /./],
    ["a cycle", "const a = {}; a.a = a; return a", /./],
    ["a bigint", "return 1n", /./],
    ["a loop without end", "for (;;);", /./],
  ])("%s fails the step with a reason", async (_, body, reason) => {
    const { runId, error } = await executor.failureOf(
      `().code("a", () => { ${body} }).code("b", () => 1)`,
    );
    expect(error?.message).toMatch(reason);
    expect(await executor.states(runId)).toEqual({ a: "failed" });
  });

  it("may be large: it is stored as a file, and later steps read it", async () => {
    const runId = await executor.publishAndStart(`()
      .code("big", () => "x".repeat(3 * 1024 * 1024))
      .code("size", ({ steps }) => steps.big.length)
      .output(({ steps }) => steps.size)`);
    expect(await executor.outputOf(runId)).toBe(3 * 1024 * 1024);
    const { output } = await executor.step(runId, "big");
    expect(output?.bytes).toBe(3 * 1024 * 1024 + 2);
    expect(output?.preview.length).toBeLessThanOrEqual(200);
    expect(await executor.value(output)).toHaveLength(3 * 1024 * 1024);
  });

  it("may be logged", async () => {
    const runId = await executor.publishAndStart(
      `().code("a", () => { console.warn("careful", { n: 1 }); })`,
    );
    await executor.untilEnded(runId);
    const step = await executor.step(runId, "a");
    expect(await executor.attempts(step)).toMatchObject([
      { number: 1, status: "completed" },
    ]);
    expect(await executor.lines(step)).toMatchObject([
      { level: "warn", text: 'careful {"n":1}' },
    ]);
  });

  it("may be logged by a loop in every iteration, in one attempt", async () => {
    const runId = await executor.publishAndStart(`()
      .loop("again", {
        while: ({ index }) => { console.log("asked", index); return index < 300; },
        do: (flow) => flow.code("x", () => 1),
      })`);
    await executor.untilEnded(runId);
    const step = await executor.step(runId, "again");
    expect(await executor.attempts(step)).toHaveLength(1);
    const lines = await executor.lines(step);
    expect(lines.map(({ index }) => index)).toEqual([
      ...Array.from({ length: 301 }).keys(),
    ]);
  });
});

it("the history of every run above leads to what its rows hold", async () => {
  expect(await executor.wrongHistories()).toEqual([]);
});
