/** How many runs may go at once, of a workflow and of an organization, and which of those in line is next. */
import { describe, expect, it } from "vitest";
import { api } from "../_generated/api";
import { SLEEPS, useStarts } from "../../tests/support/executor/use-starts";

const { executor, start, stateOf, cancel, untilGoing, explanation } =
  useStarts();

describe("a concurrency limit", () => {
  it("queues what is too much, and starts it in order when a run ends", async () => {
    const workflowId = await executor.publish(
      `({ concurrency: { limit: 1 } })${SLEEPS}`,
    );
    const first = await start(workflowId);
    expect(first.outcome).toBe("started");
    const second = await start(workflowId);
    const third = await start(workflowId);
    expect([second.outcome, third.outcome]).toEqual(["queued", "queued"]);
    expect(await executor.run(second.runId)).toMatchObject({
      state: { kind: "queued" },
      startedAt: null,
    });
    await cancel(first.runId);
    await untilGoing(second.runId);
    expect(await stateOf(third.runId)).toBe("queued");
    await cancel(second.runId);
    await untilGoing(third.runId);
    await cancel(third.runId);
  });

  it("is for each key of its own", async () => {
    const workflowId = await executor.publish(
      `({ input: z.object({ who: z.string() }), concurrency: { limit: 1, key: ({ input }) => input.who } })${SLEEPS}`,
    );
    const a = await start(workflowId, { who: "a" });
    const b = await start(workflowId, { who: "b" });
    const again = await start(workflowId, { who: "a" });
    expect([a, b, again].map(({ outcome }) => outcome)).toEqual([
      "started",
      "started",
      "queued",
    ]);
    await cancel(b.runId);
    expect(await stateOf(again.runId)).toBe("queued");
    await cancel(a.runId);
    await untilGoing(again.runId);
    await cancel(again.runId);
  });

  it("drops what is too much when it says so, with a named error", async () => {
    const workflowId = await executor.publish(
      `({ concurrency: { limit: 1, strategy: "drop" } })${SLEEPS}`,
    );
    const { runId } = await start(workflowId);
    await expect(start(workflowId)).rejects.toMatchObject({
      data: { code: "dropped", message: expect.stringMatching(/1 run goes/) },
    });
    await cancel(runId);
    const next = await start(workflowId);
    expect(next.outcome).toBe("started");
    await cancel(next.runId);
  });

  it("ends the oldest run for a newer one when it says so", async () => {
    const workflowId = await executor.publish(
      `({ concurrency: { limit: 2, strategy: "cancel-oldest" } })${SLEEPS}`,
    );
    const runs = [];
    for (let i = 0; i < 4; i++) runs.push(await start(workflowId));
    expect(runs.every(({ outcome }) => outcome === "started")).toBe(true);
    const states = await Promise.all(
      runs.map(async ({ runId }) => (await executor.run(runId)).state),
    );
    expect(states.map(({ kind }) => kind)).toEqual([
      "cancelled",
      "cancelled",
      "waiting",
      "waiting",
    ]);
    expect(states[0]).toMatchObject({
      by: "the workflow's limits",
      reason: expect.stringMatching(/only 2 runs go at once/),
    });
    for (const { runId } of runs.slice(2)) await cancel(runId);
  });

  it("holds nothing for a run that is over at once", async () => {
    const workflowId = await executor.publish(
      `({ concurrency: { limit: 1 } }).code("a", () => 1)`,
    );
    for (let i = 0; i < 3; i++)
      expect(await start(workflowId)).toMatchObject({ outcome: "started" });
    expect(await executor.table("runSeats")).toEqual([]);
  });

  it("does not hold a run that a person starts now, which counts all the same", async () => {
    const workflowId = await executor.publish(
      `({ concurrency: { limit: 1 } })${SLEEPS}`,
    );
    const first = await start(workflowId);
    const second = await start(workflowId);
    const third = await start(workflowId);
    await executor.client.mutation(api.workflowRuns.startNow, {
      runId: second.runId,
    });
    expect(await stateOf(second.runId)).toBe("waiting");
    await expect(
      executor.client.mutation(api.workflowRuns.startNow, {
        runId: second.runId,
      }),
    ).rejects.toMatchObject({ data: { code: "conflict" } });
    await cancel(first.runId);
    expect(await stateOf(third.runId)).toBe("queued");
    await cancel(second.runId);
    await untilGoing(third.runId);
    await cancel(third.runId);
  });

  it("lets a queued run be cancelled, and the next takes its place in line", async () => {
    const workflowId = await executor.publish(
      `({ concurrency: { limit: 1 } })${SLEEPS}`,
    );
    const first = await start(workflowId);
    const second = await start(workflowId);
    const third = await start(workflowId);
    await cancel(second.runId);
    expect(await executor.run(second.runId)).toMatchObject({
      state: { kind: "cancelled", by: "Tess Owner" },
      startedAt: null,
    });
    await cancel(first.runId);
    await untilGoing(third.runId);
    await cancel(third.runId);
  });

  it("starts those with a higher priority first", async () => {
    const workflowId = await executor.publish(
      `({ concurrency: { limit: 1 }, priority: 1 })${SLEEPS}`,
    );
    const going = await start(workflowId);
    const plain = await start(workflowId);
    const late = await start(workflowId, {}, { priority: -3 });
    const soon = await start(workflowId, {}, { priority: 50 });
    await cancel(going.runId);
    for (const { runId } of [soon, plain, late]) {
      await untilGoing(runId);
      await cancel(runId);
    }
    await expect(
      start(workflowId, {}, { priority: 1.5 }),
    ).rejects.toMatchObject({ data: { code: "invalid_argument" } });
  });
});

describe("the limit of an organization", () => {
  const setLimit = async (limit: number | null) =>
    await executor.client.mutation(api.organizations.setRunConcurrency, {
      organizationId: executor.organizationId,
      limit,
    });

  it("is for all its workflows, the highest priority first", async () => {
    const one = await executor.publish(`()${SLEEPS}`);
    await setLimit(1);
    const two = await executor.publish(`({ priority: 5 })${SLEEPS}`);
    const going = await start(one);
    const low = await start(one);
    const high = await start(two);
    expect([going, low, high].map(({ outcome }) => outcome)).toEqual([
      "started",
      "queued",
      "queued",
    ]);
    await cancel(going.runId);
    await untilGoing(high.runId);
    expect(await stateOf(low.runId)).toBe("queued");
    await setLimit(null);
    await untilGoing(low.runId);
    for (const { runId } of [high, low]) await cancel(runId);
    expect((await start(one)).outcome).toBe("started");
  });

  it("lets a higher priority by that comes to a lane whose place waits for the organization", async () => {
    const other = await executor.publish(`()${SLEEPS}`);
    await setLimit(1);
    const lane = await executor.publish(
      `({ concurrency: { limit: 1 } })${SLEEPS}`,
    );
    const going = await start(other);
    const low = await start(lane);
    const high = await start(lane, {}, { priority: 9 });
    expect([low, high].map(({ outcome }) => outcome)).toEqual([
      "queued",
      "queued",
    ]);
    expect(await explanation(high.runId)).toBe(
      "Queued as the next to start: only 1 run of the organization may go at once.",
    );
    expect(await explanation(low.runId)).toMatch(
      /^Queued as the next to start: only 1 run of this workflow may go at once/,
    );
    await cancel(going.runId);
    await untilGoing(high.runId);
    expect(await stateOf(low.runId)).toBe("queued");
    await cancel(high.runId);
    await untilGoing(low.runId);
    await cancel(low.runId);
    await setLimit(null);
  });

  it.each([0, -1, 1.5, 1_001, Infinity])("cannot be %s", async (limit) => {
    await expect(setLimit(limit)).rejects.toMatchObject({
      data: { code: "invalid_argument", field: "limit" },
    });
  });
});

it("the history of every run above leads to what its rows hold", async () => {
  expect(await executor.wrongHistories()).toEqual([]);
});
