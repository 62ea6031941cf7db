/** Queued runs that something should have moved and did not: the audit moves them, or ends them and says why. */
import {
  afterAll,
  afterEach,
  beforeAll,
  describe,
  expect,
  it,
  vi,
} from "vitest";
import { present } from "../../tests/support/executor/present";
import type { RunId } from "../../tests/support/executor/executor-harness";
import {
  type StagedExecutor,
  startStaged,
} from "../../tests/support/executor/staged-executor";
import { api, internal } from "../_generated/api";

const MINUTE = 60_000;

let executor: StagedExecutor;
beforeAll(async () => {
  executor = await startStaged();
  vi.spyOn(console, "warn").mockImplementation(() => undefined);
  vi.spyOn(console, "error").mockImplementation(() => undefined);
}, 120_000);
afterAll(async () => {
  vi.restoreAllMocks();
  await executor?.stop();
});
afterEach(async () => {
  expect(await executor.stuckRuns()).toEqual([]);
});

const stateOf = async (runId: RunId) => (await executor.run(runId)).state;
const cancel = async (runId: RunId) =>
  await executor.owner.mutation(api.workflowRuns.cancel, { runId });

/** What the cron does each minute. */
async function sweep(): Promise<void> {
  await executor.pass(MINUTE + 1_000);
  await executor.t.mutation(internal.executor.recovery.sweep, {});
  await executor.pass();
}

/** As if they had never been scheduled. */
async function loseJobs(name: string): Promise<void> {
  const lost = await executor.t.run(async ({ db, scheduler }) => {
    const jobs = await db.system.query("_scheduled_functions").collect();
    const pending = jobs.filter(
      (job) => job.state.kind === "pending" && job.name.endsWith(`:${name}`),
    );
    for (const { _id } of pending) await scheduler.cancel(_id);
    return pending.length;
  });
  expect(lost).toBeGreaterThan(0);
}

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
