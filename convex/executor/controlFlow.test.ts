import { describe, expect, it } from "vitest";
import { api } from "../_generated/api";
import { useExecutorInProcess } from "../../tests/support/executor/use-executor";

const executor = useExecutorInProcess();

const outputOf = async (chain: string, input?: unknown) =>
  await executor.outputOf(await executor.publishAndStart(chain, input));

describe("a chain of pure steps", () => {
  it("is over when its start returns: one transaction", async () => {
    const runId = await executor.publishAndStart(`()
      .code("a", () => 1)
      .code("b", ({ steps }) => steps.a + 1)
      .code("c", ({ steps }) => steps.a + steps.b)
      .output(({ steps }) => steps)`);
    const run = await executor.run(runId);
    expect(run.state).toEqual({ kind: "completed" });
    expect(run.endedAt).toBe(run.createdAt);
    expect(await executor.value(run.output)).toEqual({ a: 1, b: 2, c: 3 });
  });

  it("stops at the step that throws, and says where in the source", async () => {
    const { runId, state, error } = await executor.failureOf(`()
      .code("a", () => 1)
      .code("b", () => {
        throw new Error("no luck");
      })
      .code("c", () => 3)`);
    expect(await executor.states(runId)).toEqual({
      a: "completed",
      b: "failed",
    });
    expect(state).toMatchObject({
      error: { name: "Error", message: "no luck", stepKey: "b" },
    });
    expect(error).toMatchObject({ code: "user_error", frames: [{ line: 5 }] });
  });

  it("ends with the message of a fail step", async () => {
    const { error } = await executor.failureOf(
      `({ input: z.object({ n: z.number() }) }).fail("stop", ({ input }) => "too many: " + input.n)`,
      { n: 7 },
    );
    expect(error).toMatchObject({
      code: "failed_by_step",
      message: "too many: 7",
    });
  });

  it("goes on after a step that may fail, which has no output", async () => {
    expect(
      await outputOf(`()
      .code("a", () => { throw new Error("no") }, { onError: "continue" })
      .code("b", ({ steps }) => [steps.a])
      .output(({ steps }) => steps.b)`),
    ).toEqual([null]);
  });

  it("fails when its output function throws", async () => {
    const { runId, state } = await executor.failureOf(
      `().code("a", () => 1).output(() => { throw new Error("no output") })`,
    );
    expect(await executor.states(runId)).toEqual({ a: "completed" });
    expect(state).toMatchObject({
      error: { message: "no output", stepKey: null },
    });
  });

  it("refuses an input that does not match, and starts nothing", async () => {
    const workflowId = await executor.publish(
      `({ input: z.object({ n: z.number() }) }).code("a", () => 1)`,
    );
    await expect(executor.start(workflowId, { n: "x" })).rejects.toThrow(
      /invalid_input/,
    );
    const { page } = await executor.client.query(api.workflowRuns.list, {
      organizationId: executor.organizationId,
      workflowId,
      paginationOpts: { numItems: 1, cursor: null },
    });
    expect(page).toEqual([]);
  });
});

describe("a condition", () => {
  const chain = `({ input: z.object({ n: z.number() }) })
    .condition("large", {
      if: ({ input }) => input.n > 10,
      then: (flow) => flow.code("a", () => "first").code("b", ({ steps }) => steps.a + " second"),
      else: (flow) => flow.code("c", () => "small"),
    })
    .output(({ steps }) => steps.large)`;

  it.each([
    [
      11,
      { branch: "then", result: "first second" },
      ["large", "large/a", "large/b"],
    ],
    [10, { branch: "else", result: "small" }, ["large", "large/c"]],
  ])("with %i takes one branch: %j", async (n, output, keys) => {
    const runId = await executor.publishAndStart(chain, { n });
    expect(await executor.outputOf(runId)).toEqual(output);
    expect([...(await executor.steps(runId)).keys()]).toEqual(keys);
    expect((await executor.step(runId, "large")).branch).toBe(output.branch);
  });

  it("without an else goes on with nothing", async () => {
    expect(
      await outputOf(`()
        .condition("no", { if: () => 0, then: (flow) => flow.code("a", () => 1) })
        .output(({ steps }) => steps.no)`),
    ).toEqual({ branch: "else", result: null });
  });

  it("that may fail stops the failure of a step deep inside it", async () => {
    const runId = await executor.publishAndStart(`()
      .condition("outer", {
        if: () => true,
        onError: "continue",
        then: (flow) => flow.condition("inner", {
          if: () => true,
          then: (flow) => flow.fail("broken", "no"),
        }),
      })
      .code("after", () => 1)`);
    await executor.untilEnded(runId);
    expect(await executor.states(runId)).toEqual({
      outer: "failed",
      "outer/inner": "failed",
      "outer/inner/broken": "failed",
      after: "completed",
    });
  });
});

it("the history of every run above leads to what its rows hold", async () => {
  expect(await executor.wrongHistories()).toEqual([]);
});
