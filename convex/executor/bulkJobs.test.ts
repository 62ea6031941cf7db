import { describe, expect, it } from "vitest";
import { api, internal } from "../_generated/api";
import type { Doc } from "../_generated/dataModel";
import type { BulkAction, BulkJob } from "../validators/bulkJobs";
import type { RunFilter } from "../validators/runs";
import { present } from "../../tests/support/executor/present";
import { type RunId } from "../../tests/support/executor/executor-harness";
import { useExecutorInProcess } from "../../tests/support/executor/use-executor";

const executor = useExecutorInProcess();

const cancel: BulkAction = { kind: "cancel" };
const replay: BulkAction = { kind: "replay", version: "original" };
const asleep = `().delay("nap", "1h")`;

async function startMany(chain: string, count: number) {
  const workflowId = await executor.publish(chain);
  const runs: RunId[] = [];
  for (let i = 0; i < count; i++) runs.push(await executor.start(workflowId));
  return { workflowId, runs };
}

type Selection =
  { kind: "runs"; runIds: RunId[] } | { kind: "filter"; filter: RunFilter };

async function begin(action: BulkAction, selection: Selection) {
  return await executor.client.mutation(api.bulkJobs.start, {
    organizationId: executor.organizationId,
    action,
    selection,
    expected: 1,
  });
}

async function ended(jobId: BulkJob["_id"]): Promise<BulkJob> {
  const isEnded = ({ _id, state }: BulkJob) =>
    _id === jobId && state.kind !== "running";
  const jobs = await executor.untilBulkJobs((found) => found.some(isEnded));
  return present(jobs.find(isEnded));
}

const job = async (action: BulkAction, selection: Selection) =>
  await ended(await begin(action, selection));

const states = async (runs: RunId[]) =>
  await Promise.all(
    runs.map(async (runId) => (await executor.run(runId)).state.kind),
  );

async function runsOf(workflowId: Doc<"workflows">["_id"]) {
  const runs = await executor.table("workflowRuns");
  return runs.filter((run) => run.workflowId === workflowId);
}

describe("cancelling many", () => {
  it("ends all that match, each once, and nothing else", async () => {
    const mine = await startMany(asleep, 60);
    const other = await startMany(asleep, 1);
    const filter = { workflowId: mine.workflowId };
    const result = await job(cancel, { kind: "filter", filter });
    expect(result).toMatchObject({
      state: { kind: "completed" },
      done: 60,
      skipped: 0,
      failed: 0,
    });
    expect(new Set(await states(mine.runs))).toEqual(new Set(["cancelled"]));
    expect(await states(other.runs)).toEqual(["waiting"]);
  });

  it("takes the chosen ones, and skips what has ended", async () => {
    const { workflowId, runs } = await startMany(asleep, 3);
    const done = await executor.publishAndStart(`().code("a", () => 1)`);
    const [first, second] = [present(runs[0]), present(runs[1])];
    const result = await job(cancel, {
      kind: "runs",
      runIds: [first, second, first, done],
    });
    expect(result).toMatchObject({ done: 2, skipped: 1, failed: 0 });
    expect((await runsOf(workflowId)).map(({ state }) => state.kind)).toEqual([
      "waiting",
      "cancelled",
      "cancelled",
    ]);
  });

  it("can be counted before", async () => {
    const { workflowId } = await startMany(
      `().approval("ok", { title: "Go?" })`,
      3,
    );
    const counted = await executor.client.query(api.bulkJobs.count, {
      organizationId: executor.organizationId,
      action: "cancel",
      selection: { kind: "filter", filter: { workflowId } },
    });
    expect(counted).toEqual({
      eligible: 3,
      notEligible: 0,
      waitingForApproval: 3,
      hasMore: false,
    });
  });

  it("can be stopped", async () => {
    const { workflowId, runs } = await startMany(asleep, 3);
    const jobId = await begin(cancel, {
      kind: "filter",
      filter: { workflowId },
    });
    await executor.client.mutation(api.bulkJobs.stop, { jobId });
    const result = await ended(jobId);
    expect(result.state).toEqual({
      kind: "stopped",
      reason: "Tess Owner stopped it.",
    });
    const cancelled = (await states(runs)).filter(
      (kind) => kind === "cancelled",
    );
    expect(cancelled).toHaveLength(result.done);
    await expect(
      executor.client.mutation(api.bulkJobs.stop, { jobId }),
    ).rejects.toThrow(/already_ended/);
  });
});

describe("replaying many", () => {
  it("replays those that failed with an error, and not the new ones that fail too", async () => {
    const { workflowId } = await startMany(
      `().code("a", () => { throw new Error("No Luck today") })`,
      3,
    );
    const filter = (error: string): RunFilter => ({
      workflowId,
      statuses: ["failed"],
      error,
    });
    const none = await job(replay, { kind: "filter", filter: filter("other") });
    expect(none).toMatchObject({ done: 0 });
    const all = await job(replay, {
      kind: "filter",
      filter: filter("no luck"),
    });
    expect(all).toMatchObject({ done: 3, failed: 0 });
    const runs = await runsOf(workflowId);
    expect(runs).toHaveLength(6);
    const replayed = runs.flatMap(({ replayOf }) => replayOf?.number ?? []);
    expect(replayed.sort()).toEqual([1, 2, 3]);
  });

  it("says which could not be replayed, and why", async () => {
    const { workflowId, runs } = await startMany(`().code("a", () => 1)`, 2);
    await executor.client.mutation(api.workflows.remove, { workflowId });
    const result = await job(replay, { kind: "runs", runIds: runs });
    expect(result).toMatchObject({ done: 0, failed: 2 });
    expect(result.failures).toEqual([
      {
        runId: runs[0],
        number: 1,
        message: expect.stringContaining("was deleted") as string,
      },
      {
        runId: runs[1],
        number: 2,
        message: expect.stringContaining("was deleted") as string,
      },
    ]);
  });

  it("filters by version and time", async () => {
    const { workflowId, runs } = await startMany(`().code("a", () => 1)`, 3);
    const { createdAt } = await executor.run(present(runs[1]));
    const count = async (filter: RunFilter) => {
      const counted = await executor.client.query(api.bulkJobs.count, {
        organizationId: executor.organizationId,
        action: "replay",
        selection: { kind: "filter", filter: { workflowId, ...filter } },
      });
      return counted.eligible;
    };
    expect(await count({ version: 1 })).toBe(3);
    expect(await count({ version: 2 })).toBe(0);
    expect(await count({ statuses: ["failed"] })).toBe(0);
    // A row is made somewhat later than its run says.
    const [before, after] = [createdAt - 60_000, createdAt + 60_000];
    expect(await count({ from: before, to: after })).toBe(3);
    expect(await count({ to: before })).toBe(0);
    expect(await count({ from: after })).toBe(0);
  });
});

describe("a job is refused", () => {
  it("when too many are chosen one by one, or nobody may know of one", async () => {
    const { runs } = await startMany(`().code("a", () => 1)`, 1);
    const runIds = Array.from({ length: 501 }, () => present(runs[0]));
    await expect(begin(cancel, { kind: "runs", runIds })).rejects.toThrow(
      /invalid_argument/,
    );
    const hidden = await executor.publishAndStart(`().code("a", () => 1)`);
    const { slug } = await executor.client.mutation(api.organizations.create, {
      name: "Elsewhere",
    });
    const elsewhere = await executor.client.query(api.organizations.getBySlug, {
      slug,
    });
    await expect(
      executor.client.mutation(api.bulkJobs.start, {
        organizationId: present(elsewhere)._id,
        action: cancel,
        selection: { kind: "runs", runIds: [hidden] },
        expected: 1,
      }),
    ).rejects.toThrow(/not_found/);
  });
});

describe("a portion that is asked for twice", () => {
  it("is done once", async () => {
    const { runs } = await startMany(asleep, 2);
    const jobId = await begin(cancel, { kind: "runs", runIds: runs });
    await executor.system.mutation(internal.executor.bulkWork.work, {
      jobId,
      portion: 0,
    });
    await executor.system.mutation(internal.executor.bulkWork.work, {
      jobId,
      portion: 0,
    });
    expect(await ended(jobId)).toMatchObject({ done: 2, skipped: 0 });
  });
});

/** The last, because nothing can be started for a while after it. */
describe("a replay of many when too many runs are being started", () => {
  it("waits until it may go on", async () => {
    const { workflowId, runs } = await startMany(`().code("a", () => 1)`, 3);
    await expect(startMany(`().code("a", () => 1)`, 400)).rejects.toThrow(
      /rate_limited/,
    );
    const result = await job(replay, { kind: "runs", runIds: runs });
    expect(result).toMatchObject({ done: 3, failed: 0 });
    expect(await runsOf(workflowId)).toHaveLength(6);
  });
});
