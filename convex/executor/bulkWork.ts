/**
 * Goes through the runs of a bulk job, in portions: each is a transaction that finds runs, handles some, writes down how
 * far it came and schedules the next. A portion is done once, also after a crash, so each run is handled exactly once.
 */
import { v } from "convex/values";
import { internal } from "../_generated/api";
import type { Doc, Id } from "../_generated/dataModel";
import { type ErrorData, errorData, must } from "../errors";
import { internalMutation, type MutationCtx } from "../functions";
import { can, roleOf } from "../model/access";
import { requireCapacity } from "../model/rateLimits";
import { candidates, isMatch } from "../model/runFilter";
import { vBulkAction } from "../validators/bulkJobs";
import { cancelRun } from "./runs/cancelRun";
import { replayRun } from "./replay/replay";
import { isRunEnded } from "./flow/transitions";

const MAX_RUNS = 50;
const MAX_MS = 500;
const PAGE = 200;
const MAX_FAILURES = 100;
const GRACE_MS = 60_000;

type Job = Doc<"bulkJobs">;

export async function workSoon(
  ctx: MutationCtx,
  { _id: jobId, portion }: Pick<Job, "_id" | "portion">,
  afterMs = 0,
): Promise<void> {
  const next = internal.executor.bulkWork.work;
  await ctx.scheduler.runAfter(afterMs, next, { jobId, portion });
}

/** Does nothing when the portion has been done, or somebody has stopped the job. */
export const work = internalMutation({
  args: { jobId: v.id("bulkJobs"), portion: v.number() },
  returns: v.null(),
  handler: async (ctx, { jobId, portion }) => {
    const job = await ctx.db.get("bulkJobs", jobId);
    if (job?.portion !== portion || job.state.kind !== "running") return null;
    const left = await workPortion(ctx, job);
    const { _id, _creationTime, ...fields } = job;
    await ctx.db.replace("bulkJobs", _id, fields);
    if (left !== null) await workSoon(ctx, job, left.afterMs);
    return null;
  },
});

/** Changes `job`; null when it has ended, else when it goes on. */
async function workPortion(
  ctx: MutationCtx,
  job: Job,
): Promise<{ afterMs: number } | null> {
  const now = Date.now();
  Object.assign(job, { portion: job.portion + 1, portionAt: now, repairs: 0 });
  const role = await roleOf(ctx, job.userId, job.organizationId);
  if (role === null || !can(role, "operate")) {
    const reason = `${job.startedBy} may no longer operate runs.`;
    end(job, { kind: "stopped", reason });
    return null;
  }
  if (job.queue.length === 0 && !job.isSearched) await search(ctx, job);
  const afterMs = await handleSome(ctx, job);
  if (job.queue.length > 0 || !job.isSearched) return { afterMs };
  end(job, { kind: "completed" });
  return null;
}

function end(job: Job, state: Job["state"]): void {
  Object.assign(job, { state, endedAt: Date.now(), queue: [] });
}

async function search(ctx: MutationCtx, job: Job): Promise<void> {
  const { organizationId, filter, until, cursor } = job;
  const wanted = { organizationId, filter: must(filter, "filter of the job") };
  const found = await candidates(ctx, wanted, until).paginate({
    cursor,
    numItems: PAGE,
  });
  const runs = found.page.filter((run) => isMatch(run, wanted));
  job.queue = runs.map(({ _id }) => _id);
  job.cursor = found.continueCursor;
  job.isSearched = found.isDone;
}

/** Milliseconds until it may go on. */
async function handleSome(ctx: MutationCtx, job: Job): Promise<number> {
  const started = performance.now();
  for (let handled = 0; handled < MAX_RUNS; handled++) {
    const [runId] = job.queue;
    if (runId === undefined || performance.now() - started > MAX_MS) return 0;
    const refused = await handle(ctx, job, runId);
    if (refused?.code === "rate_limited") return refused.retryAfterMs ?? 1_000;
    job.queue = job.queue.slice(1);
    if (refused !== null) await fail(ctx, job, { runId, ...refused });
  }
  return 0;
}

/** A transaction within this one: what a run that fails has written is undone, the rest of the portion is not. */
async function handle(
  ctx: MutationCtx,
  job: Job,
  runId: Id<"workflowRuns">,
): Promise<Pick<ErrorData, "code" | "message" | "retryAfterMs"> | null> {
  const { action, startedBy: by } = job;
  try {
    const isDone = await ctx.runMutation(internal.executor.bulkWork.handleOne, {
      runId,
      action,
      by,
    });
    job[isDone ? "done" : "skipped"] += 1;
    return null;
  } catch (error) {
    const known = errorData(error);
    if (known !== null) return known;
    console.error(`bulk job ${job._id}, run ${runId}:`, error);
    return {
      code: "conflict",
      message: "It failed for a reason of ours; the log says why.",
    };
  }
}

/** False when there is nothing to do for this run. */
export const handleOne = internalMutation({
  args: {
    runId: v.id("workflowRuns"),
    action: vBulkAction,
    by: v.string(),
  },
  returns: v.boolean(),
  handler: async (ctx, { runId, action, by }) => {
    const run = await ctx.db.get("workflowRuns", runId);
    if (run === null || isRunEnded(run.state) !== isForEnded(action.kind))
      return false;
    if (action.kind === "cancel") await cancelRun(ctx, run, by);
    else {
      await requireCapacity(ctx, "startRun", run.organizationId);
      await replayRun(ctx, run, { version: action.version, by });
    }
    return true;
  },
});

/** Runs that have ended are replayed, the others are cancelled. */
export function isForEnded(kind: Job["action"]["kind"]): boolean {
  return kind === "replay";
}

async function fail(
  ctx: MutationCtx,
  job: Job,
  { runId, message }: { runId: Id<"workflowRuns">; message: string },
): Promise<void> {
  job.failed += 1;
  if (job.failures.length >= MAX_FAILURES) return;
  const run = await ctx.db.get("workflowRuns", runId);
  const failure = { runId, number: run?.number ?? 0, message };
  job.failures = [...job.failures, failure];
}

/**
 * A portion that did not come within a minute is asked for again; the second time without its first run, which must be
 * why.
 */
export async function repairBulkJobs(ctx: MutationCtx): Promise<void> {
  const jobs = await ctx.db
    .query("bulkJobs")
    .withIndex("by_state", (q) => q.eq("state.kind", "running"))
    .take(PAGE);
  const late = jobs.filter(
    ({ portionAt }) => portionAt < Date.now() - GRACE_MS,
  );
  for (const job of late) await repair(ctx, job);
}

async function repair(ctx: MutationCtx, job: Job): Promise<void> {
  const [runId, ...rest] = job.queue;
  if (job.repairs > 0 && runId !== undefined) {
    const message = "It could not be handled in one transaction.";
    await fail(ctx, job, { runId, message });
    job.queue = rest;
  }
  const { _id, _creationTime, ...fields } = job;
  const change = { repairs: job.repairs + 1, portionAt: Date.now() };
  await ctx.db.replace("bulkJobs", _id, { ...fields, ...change });
  await workSoon(ctx, job);
}
