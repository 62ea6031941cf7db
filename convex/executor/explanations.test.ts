/** The sentence that says why a run is where it is. */
import { describe, expect, it } from "vitest";
import { api } from "../_generated/api";
import { SLEEPS, useStarts } from "../../tests/support/executor/use-starts";

const { executor, start, cancel, explanation } = useStarts();

describe("the explanation of a run", () => {
  it("says behind whom it is queued, and on which limit and key", async () => {
    const workflowId = await executor.publish(
      `({ concurrency: { limit: 1, key: ({ input }) => input.who } })${SLEEPS}`,
    );
    const runs = [];
    for (let i = 0; i < 3; i++)
      runs.push((await start(workflowId, { who: "acme" })).runId);
    expect(await Promise.all(runs.map(explanation))).toEqual([
      "The step “nap” sleeps until <time>.",
      "Queued as the next to start: only 1 run of this workflow may go at once for “acme”, and now it is #1.",
      "Queued behind 1 run: only 1 run of this workflow may go at once for “acme”, and now it is #1.",
    ]);
    for (const runId of runs) await cancel(runId);
    expect(await Promise.all(runs.map(explanation))).toEqual(
      runs.map(() => "Cancelled by Tess Owner."),
    );
  });

  it("says until when the rate holds it", async () => {
    const workflowId = await executor.publish(
      `({ rateLimit: { limit: 1, period: "2m" } }).code("a", () => 1)`,
    );
    const runs = [];
    for (let i = 0; i < 3; i++) runs.push((await start(workflowId)).runId);
    const limit = "only 1 run may start in 2 min.";
    expect(await Promise.all(runs.map(explanation))).toEqual([
      "Completed: its last step has ended.",
      `Queued until <time>: ${limit}`,
      `Queued behind 1 run: ${limit}`,
    ]);
    for (const runId of runs.slice(1)) await cancel(runId);
  });

  it("says that it is debounced, and with how many triggers", async () => {
    const workflowId = await executor.publish(
      `({ debounce: { period: "1h" } }).code("a", () => 1)`,
    );
    const { runId } = await start(workflowId);
    const sentence = "Waits for further triggers until <time>.";
    expect(await explanation(runId)).toBe(sentence);
    await start(workflowId);
    expect(await explanation(runId)).toBe(
      `${sentence} 2 came so far; the last counts.`,
    );
    await cancel(runId);
  });

  it("says who paused its workflow", async () => {
    const workflowId = await executor.publish(`().code("a", () => 1)`);
    await executor.client.mutation(api.workflows.updateStatus, {
      workflowId,
      status: "paused",
      triggers: "hold",
    });
    const { runId } = await start(workflowId);
    expect(await explanation(runId)).toBe(
      "Held until the workflow is resumed: Tess Owner paused it at <time>.",
    );
    await cancel(runId);
  });

  it("says what it waits for, and how it ended", async () => {
    const waits = [
      `().waitForEvent("e", { event: "never.sent", match: () => ({ id: 7 }) })`,
      `().approval("ok", { title: "May it?", timeout: "1h" })`,
      `().code("bad", () => { throw new Error("no") })`,
      `().stop("enough")`,
    ];
    const runs = [];
    for (const chain of waits) runs.push(await executor.publishAndStart(chain));
    expect(await Promise.all(runs.map(explanation))).toEqual([
      `The step “e” waits for the event “never.sent” with {"id":7}.`,
      "The step “ok” waits for a decision on “May it?” until <time>.",
      "Failed in the step “bad”: Error: no",
      "Completed early by the step “enough”.",
    ]);
    for (const runId of runs.slice(0, 2)) await cancel(runId);
  });
});

it("the history of every run above leads to what its rows hold", async () => {
  expect(await executor.wrongHistories()).toEqual([]);
});
