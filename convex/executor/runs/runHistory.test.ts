import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { api } from "../../_generated/api";
import {
  type ExecutorHarness,
  type RunId,
  startExecutorInProcess,
} from "../../../tests/support/executor/executor-harness";
import { sourceOf } from "../../../tests/support/executor/graph-source";
import { graphs } from "../../../tests/support/executor/random-graphs";

let executor: ExecutorHarness;
beforeAll(async () => {
  executor = await startExecutorInProcess();
}, 120_000);
afterAll(() => executor?.stop());

const MANY = { numItems: 1_000, cursor: null };

async function eventsOf(runId: RunId, after?: number) {
  const { page } = await executor.client.query(api.runEvents.list, {
    runId,
    ...(after === undefined ? {} : { after }),
    paginationOpts: MANY,
  });
  return page;
}

describe("the history of a run", () => {
  it("says everything that happened, in order, numbered from 0", async () => {
    const runId = await executor.publishAndStart(`()
      .code("a", () => 1)
      .condition("c", { if: () => true, then: (flow) => flow.fail("no", "enough") })`);
    const events = await eventsOf(runId);
    expect(events.map(({ type, stepKey }) => [type, stepKey])).toEqual([
      ["run.started", null],
      ["step.began", "a"],
      ["step.completed", "a"],
      ["step.began", "c"],
      ["step.began", "c/no"],
      ["step.failed", "c/no"],
      ["step.failed", "c"],
      ["run.failed", null],
    ]);
    expect(events.map(({ index }) => index)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(await eventsOf(runId, 5)).toEqual(events.slice(6));
    expect(await eventsOf(runId, 7)).toEqual([]);
  });

  it("of a chain over in one transaction is one row", async () => {
    const runId = await executor.publishAndStart(`()
      .code("a", () => 1).code("b", () => 2).code("c", () => 3)`);
    const rows = await executor.table("runEvents");
    expect(rows.filter((row) => row.runId === runId)).toHaveLength(1);
  });

  it("says who did what, and which timer fired", async () => {
    const runId = await executor.publishAndStart(`()
      .delay("long", "1h").delay("short", "5ms").delay("never", "1d")`);
    await executor.client.mutation(api.stepExecutions.skipDelay, {
      runId,
      stepKey: "long",
    });
    await executor.untilStep(
      runId,
      "never",
      ({ state }) => state.kind === "waiting",
    );
    await executor.client.mutation(api.workflowRuns.cancel, { runId });
    const acts = (await eventsOf(runId)).filter(({ type }) =>
      /^(person|timer)/.test(type),
    );
    expect(acts.map(({ data }) => JSON.parse(data) as unknown)).toEqual([
      { type: "person", did: "skip", by: "Tess Owner", key: "long" },
      { type: "timer", timer: "delay", key: "short" },
      { type: "person", did: "cancel", by: "Tess Owner", key: null },
    ]);
  });

  it("leads to what the rows hold, whatever the graph and whatever fails in it", async () => {
    await fc.assert(
      fc.asyncProperty(graphs, fc.nat(), async (graph, seed) => {
        const runId = await executor.publishAndStart(sourceOf(graph), { seed });
        await executor.untilEnded(runId);
      }),
      { numRuns: 25 },
    );
    expect(await executor.wrongHistories()).toEqual([]);
  }, 180_000);
});
