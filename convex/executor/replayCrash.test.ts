/** A killed process while runs are being prepared and a bulk job is at work. */
import { describe, expect, it } from "vitest";
import { api } from "../_generated/api";
import { present } from "../../tests/support/executor/present";
import { useExecutor } from "../../tests/support/executor/use-executor";

const executor = useExecutor();

describe("after the process was killed", () => {
  it("a replay from a step is prepared to its end, and a bulk job goes through its runs, each once", async () => {
    const loop = await executor.publishAndStart(`()
      .loop("many", { times: 4_000, do: (flow) => flow.code("x", ({ index }) => index) })
      .output(({ steps }) => steps.many.reduce((sum, n) => sum + n, 0))`);
    const sum = await executor.outputOf(loop);
    const quick = await executor.publish(`().code("a", () => 1)`);
    for (let i = 0; i < 150; i++) await executor.start(quick);

    const again = await executor.client.mutation(api.workflowRuns.replay, {
      runId: loop,
      version: "original",
      fromStep: "many[3999]/x",
    });
    await executor.client.mutation(api.bulkJobs.start, {
      organizationId: executor.organizationId,
      action: { kind: "replay", version: "original" },
      selection: { kind: "filter", filter: { workflowId: quick } },
      expected: 150,
    });
    await executor.untilRun(
      again.runId,
      ({ state }) =>
        state.kind === "running" && (state.preparing?.steps ?? 0) > 0,
    );
    await executor.deployment.crash();
    await executor.deployment.restart();

    expect(await executor.outputOf(again.runId)).toBe(sum);
    const [job] = await executor.untilBulkJobs((jobs) =>
      jobs.every(({ state }) => state.kind !== "running"),
    );
    expect(job).toMatchObject({ done: 150, skipped: 0, failed: 0 });
    const rows = await executor.table("workflowRuns");
    const replayed = rows
      .filter(({ workflowId }) => workflowId === quick)
      .flatMap(({ replayOf }) => replayOf?.number ?? []);
    expect(replayed.sort((a, b) => a - b)).toEqual(
      Array.from({ length: 150 }, (_, index) => index + 1),
    );
    const { loop: counts } = present(
      (await executor.steps(again.runId)).get("many"),
    );
    expect(counts).toEqual({
      total: 4_000,
      completed: 4_000,
      failed: 0,
      running: 0,
    });
    expect(await executor.table("runSeeds")).toEqual([]);
  }, 120_000);
});
