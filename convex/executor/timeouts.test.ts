/** Steps around others whose time is up, and ends of more than one transaction ends. */
import { describe, expect, it } from "vitest";
import { api } from "../_generated/api";
import { useExecutor } from "../../tests/support/executor/use-executor";

const executor = useExecutor();

const long = `(flow) => flow.delay("long", "1h")`;

describe("the timeout of a step around others", () => {
  const containers = {
    condition: `.condition("around", { timeout: "300ms", if: () => true, then: ${long} })`,
    switch: `.switch("around", { timeout: "300ms", on: () => "a", cases: { a: ${long} } })`,
    parallel: `.parallel("around", { a: ${long}, b: ${long} }, { timeout: "300ms" })`,
    loop: `.loop("around", { timeout: "300ms", times: 3, concurrency: 2, do: ${long} })`,
  };
  for (const [kind, chain] of Object.entries(containers))
    it(`cuts off a ${kind} with what is inside it`, async () => {
      const runId = await executor.publishAndStart(`()${chain}`);
      const { error } = await executor.untilEnded(runId);
      expect(error).toMatchObject({ name: "TimeoutError", code: "timeout" });
      expect(error?.message).toMatch(/timeout of 0.3 s/);
      const rows = (await executor.table("stepExecutions")).filter(
        (row) => row.runId === runId,
      );
      const states = rows.map(({ key, state }) => [key, state.kind]);
      expect(Object.fromEntries(states)).toMatchObject({ around: "failed" });
      expect(
        rows.filter(({ key, state }) => {
          return key !== "around" && state.kind !== "cancelled";
        }),
      ).toEqual([]);
    });

  it("lets the run go on when the step may fail", async () => {
    const runId = await executor.publishAndStart(
      `().condition("around", { timeout: "300ms", onError: "continue", if: () => true, then: ${long} })
      .code("after", () => "went on").output(({ steps }) => steps.after)`,
    );
    expect(await executor.outputOf(runId)).toBe("went on");
  });

  it("does nothing to a step that ended in time", async () => {
    const runId = await executor.publishAndStart(
      `().condition("around", { timeout: "300ms", if: () => true, then: (flow) => flow.delay("short", "50ms") }).delay("later", "600ms").output(() => "fine")`,
    );
    expect(await executor.outputOf(runId)).toBe("fine");
  });
});

describe("more than one transaction ends", () => {
  const wide = `.loop("outer", { times: 3, concurrency: 3, do: (flow) => flow.loop("all", { times: 500, concurrency: 500, do: ${long} }) })`;

  const activeOf = async (runId: string) =>
    (await executor.table("stepExecutions")).filter(
      (row) =>
        row.runId === runId && ["running", "waiting"].includes(row.state.kind),
    );

  it("is cancelled to the last step, and the run is over at once", async () => {
    const runId = await executor.publishAndStart(`()${wide}`);
    await executor.untilRun(runId, ({ state }) => state.kind === "waiting");
    await executor.client.mutation(api.workflowRuns.cancel, { runId });
    const { state } = await executor.run(runId);
    expect(state.kind).toBe("cancelled");
    await expect
      .poll(async () => (await executor.table("runEndings")).length, {
        timeout: 20_000,
      })
      .toBe(0);
    expect(await activeOf(runId)).toEqual([]);
  });

  it("is cut off with its container before the run goes on", async () => {
    const runId = await executor.publishAndStart(
      `().condition("around", { timeout: "6s", onError: "continue", if: () => true, then: (flow) => flow${wide} })
      .code("after", () => "went on").output(({ steps }) => steps.after)`,
    );
    expect(await executor.outputOf(runId)).toBe("went on");
    expect(await activeOf(runId)).toEqual([]);
  });
});
