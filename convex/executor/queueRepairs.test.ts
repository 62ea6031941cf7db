/** Queued runs that something should have moved and did not: the audit moves them, or ends them and says why. */
import { describe, expect, it } from "vitest";
import { present } from "../../tests/support/executor/present";
import { useStagedExecutor } from "../../tests/support/executor/use-executor";
import type { RunId } from "../../tests/support/executor/executor-harness";
import {
  loseJobs as loseJobsOf,
  sweepAfterMinute,
} from "../../tests/support/executor/lost-jobs";
import { api } from "../_generated/api";

const executor = useStagedExecutor();

const stateOf = async (runId: RunId) => (await executor.run(runId)).state;
const cancel = async (runId: RunId) =>
  await executor.owner.mutation(api.workflowRuns.cancel, { runId });

const loseJobs = async (name: string) => await loseJobsOf(executor, name);
const sweep = async () => await sweepAfterMinute(executor);

describe("a queue", () => {
  it("goes on after the timer for its rate was lost", async () => {
    const chain = `({ rateLimit: { limit: 1, period: "10s" } }).code("a", () => 1)`;
    await executor.publishAndStart(chain);
    const queued = await executor.publishAndStart(chain);
    await loseJobs("promoteLane");
    await executor.pass(20_000);
    expect((await stateOf(queued)).kind).toBe("queued");
    await sweep();
    expect((await stateOf(queued)).kind).toBe("completed");
  });

  it("goes on after the end of a debounce was lost", async () => {
    const runId = await executor.publishAndStart(
      `({ debounce: { period: "5s" } }).code("a", () => 1)`,
    );
    await loseJobs("endDebounce");
    await executor.pass(10_000);
    expect((await stateOf(runId)).kind).toBe("queued");
    await sweep();
    expect((await stateOf(runId)).kind).toBe("completed");
  });

  it("goes on after a start was lost", async () => {
    const chain = `({ concurrency: { limit: 1 } }).delay("nap", "9h")`;
    const first = await executor.publishAndStart(chain);
    const second = await executor.publishAndStart(chain);
    await cancel(first);
    await loseJobs("promoteLane");
    expect((await stateOf(second)).kind).toBe("queued");
    await sweep();
    expect((await stateOf(second)).kind).toBe("waiting");
    await cancel(second);
  });

  it("gets the place of a run back that ended and left it", async () => {
    const chain = `({ concurrency: { limit: 1 } }).delay("nap", "8h")`;
    const first = await executor.publishAndStart(chain);
    const second = await executor.publishAndStart(chain);
    const seats = await executor.rows("runSeats");
    const seat = present(seats.find(({ runId }) => runId === first));
    await cancel(first);
    await loseJobs("promoteLane");
    await executor.t.run(async ({ db }) => {
      const { _id, _creationTime, ...fields } = seat;
      await db.insert("runSeats", fields);
    });
    await sweep();
    expect((await stateOf(second)).kind).toBe("waiting");
    await cancel(second);
    expect(await executor.rows("runSeats")).toEqual([]);
  });
});

describe("a run that waits for a rate behind one that waits for its organization", () => {
  const setLimit = async (limit: number | null) =>
    await executor.owner.mutation(api.organizations.setRunConcurrency, {
      organizationId: executor.organizationId,
      limit,
    });
  let chains = 0;

  /** Two that sleep, and two that may start ten seconds apart: the first has no room in the organization. */
  async function begin() {
    await setLimit(2);
    const hours = 100 + chains++;
    const sleeps = `().delay("nap", "${hours}h")`;
    const rated = `({ rateLimit: { limit: 1, period: "10s" } }).delay("nap", "${hours}h")`;
    const others = [
      await executor.publishAndStart(sleeps),
      await executor.publishAndStart(sleeps),
    ];
    const first = await executor.publishAndStart(rated);
    const second = await executor.publishAndStart(rated);
    return { others, first, second };
  }

  it.each<
    [string, (runs: Awaited<ReturnType<typeof begin>>) => Promise<unknown>]
  >([
    ["the organization gets more room", () => setLimit(4)],
    [
      "runs of another workflow end",
      async ({ others }) => {
        for (const runId of others) await cancel(runId);
      },
    ],
    [
      "a person starts it now",
      async ({ first }) => {
        await executor.owner.mutation(api.workflowRuns.startNow, {
          runId: first,
        });
        await setLimit(4);
      },
    ],
  ])("begins in time when %s", async (_what, makeRoom) => {
    const runs = await begin();
    const kinds = async () => [
      (await stateOf(runs.first)).kind,
      (await stateOf(runs.second)).kind,
    ];
    expect(await kinds()).toEqual(["queued", "queued"]);
    await makeRoom(runs);
    await executor.pass();
    expect(await kinds()).toEqual(["waiting", "queued"]);
    await executor.pass(11_000);
    expect(await kinds()).toEqual(["waiting", "waiting"]);
    for (const { _id: runId, endedAt } of await executor.rows("workflowRuns"))
      if (endedAt === null) await cancel(runId);
    await setLimit(null);
  });
});

describe("a queued run whose first turn always throws", () => {
  const CHAIN = `({ concurrency: { limit: 1 } }).code("a", ({ input }) => input.text.length).delay("nap", "7h")`;

  it("fails after five tries with a reason, and the next takes its place", async () => {
    const first = await executor.publishAndStart(CHAIN, { text: "x" });
    const text = "a text that is kept in a row of its own ".repeat(50);
    const broken = await executor.publishAndStart(CHAIN, { text });
    const next = await executor.publishAndStart(CHAIN, { text: "x" });
    const { input } = await executor.run(broken);
    await executor.t.run(async ({ db }) => {
      await db.delete("payloads", present(input?.id));
    });
    await cancel(first);
    await executor.pass();
    for (let minute = 0; minute < 5; minute++) {
      expect((await stateOf(broken)).kind).toBe("queued");
      await sweep();
    }
    await sweep();
    expect(await executor.run(broken)).toMatchObject({
      state: { kind: "failed", error: { name: "InternalError" } },
      error: {
        code: "internal",
        message: expect.stringMatching(/its first turn\) failed 5 times/),
      },
      startedAt: null,
    });
    await executor.pass();
    expect((await stateOf(next)).kind).toBe("waiting");
    await cancel(next);
    expect(await executor.rows("runSeats")).toEqual([]);
  });
});
