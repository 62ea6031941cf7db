/** E4 over the database: every run that has not ended must have something that will move it. */
import { v } from "convex/values";
import type { Doc, Id } from "../_generated/dataModel";
import { internal } from "../_generated/api";
import { internalQuery, type MutationCtx, type QueryCtx } from "../functions";
import { deliverSoon } from "./eventWaits";
import { findSeed, prepareSoon } from "./seedRequests";
import type { Timer } from "./timerRequests";
import { repairQueues } from "./queueAudit";
import { ACTIVE_STEP_STATES } from "./transitions";

const BATCH = 100;
/** Timers may be a little late; a run that should have moved this long ago is stuck. */
const GRACE_MS = 60_000;

/** Returns how many runs had to be helped. */
export async function repairStuckRuns(ctx: MutationCtx): Promise<number> {
  let repaired = await repairQueues(ctx, Date.now() - GRACE_MS);
  for (const kind of ["running", "waiting"] as const) {
    const runs = await ctx.db
      .query("workflowRuns")
      .withIndex("by_state", (q) => q.eq("state.kind", kind))
      .take(BATCH);
    for (const run of runs) if (await repair(ctx, run)) repaired += 1;
  }
  if (repaired > 0)
    console.warn(
      `audit: moved ${repaired} runs that nothing would have moved (E4)`,
    );
  return repaired;
}

async function repair(
  ctx: MutationCtx,
  run: Doc<"workflowRuns">,
): Promise<boolean> {
  const runId = run._id;
  if (isPreparing(run)) return await repairSeed(ctx, runId);
  if (run.backlog.length > 0) {
    if (!isOld(run)) return false;
    await ctx.scheduler.runAfter(0, internal.executor.timers.resume, { runId });
    return true;
  }
  if (await repairDelivery(ctx, runId)) return true;
  const overdue = await overdueStep(ctx, runId);
  if (overdue === null) return false;
  const timer = timerOf(overdue);
  await ctx.scheduler.runAfter(0, internal.executor.timers.fire, {
    runId,
    timer,
  });
  return true;
}

function isPreparing({ state }: Doc<"workflowRuns">): boolean {
  return state.kind === "running" && state.preparing !== undefined;
}

/** A portion that was not taken over: it cannot be, but if it is, it is asked for again. */
async function repairSeed(
  ctx: MutationCtx,
  runId: Id<"workflowRuns">,
): Promise<boolean> {
  const seed = await findSeed(ctx, runId);
  if (seed === null || Date.now() - seed.portionAt < GRACE_MS) return false;
  await prepareSoon(ctx, runId, seed.portion);
  return true;
}

function timerOf({ state, key, attempt }: Doc<"stepExecutions">): Timer {
  if (state.kind === "retrying") return { kind: "retry", key, attempt };
  const isWait = state.kind === "waiting" && state.for !== "delay";
  return { kind: isWait ? "waitTimeout" : "delay", key };
}

/** An event that a step got and that its run's turn did not take. */
async function repairDelivery(
  ctx: MutationCtx,
  runId: Id<"workflowRuns">,
): Promise<boolean> {
  const waits = await waitsOf(ctx, runId);
  const before = Date.now() - GRACE_MS;
  const late = waits.find(({ matchedAt }) => (matchedAt ?? before) < before);
  if (late !== undefined) await deliverSoon(ctx, runId, late.stepKey);
  return late !== undefined;
}

async function waitsOf(ctx: QueryCtx, runId: Id<"workflowRuns">) {
  return await ctx.db
    .query("openWaits")
    .withIndex("by_runId_and_stepKey", (q) => q.eq("runId", runId))
    .take(BATCH);
}

function isOld(run: Doc<"workflowRuns">): boolean {
  return Date.now() - run.createdAt > GRACE_MS;
}

async function overdueStep(
  ctx: QueryCtx,
  runId: Id<"workflowRuns">,
): Promise<Doc<"stepExecutions"> | null> {
  const before = Date.now() - GRACE_MS;
  for (const kind of ["waiting", "retrying"] as const) {
    const rows = await stepsIn(ctx, runId, kind);
    const found = rows.find(({ state }) => {
      if (state.kind === "waiting")
        return state.until !== null && state.until < before;
      return state.kind === "retrying" && state.nextRetryAt < before;
    });
    if (found !== undefined) return found;
  }
  return null;
}

/** As a command: `npx convex run executor/audit:stuckRuns`. */
export const stuckRuns = internalQuery({
  args: {},
  returns: v.array(v.id("workflowRuns")),
  handler: async (ctx) => await findStuckRuns(ctx),
});

/** Runs that have not ended and have no task, no sleeping step, no backlog: stuck for ever. Tests expect none. */
export async function findStuckRuns(
  ctx: QueryCtx,
): Promise<Id<"workflowRuns">[]> {
  const stuck: Id<"workflowRuns">[] = [];
  for (const kind of ["queued", "running", "waiting"] as const) {
    const runs = await ctx.db
      .query("workflowRuns")
      .withIndex("by_state", (q) => q.eq("state.kind", kind))
      .collect();
    for (const run of runs)
      if (!(await hasMover(ctx, run))) stuck.push(run._id);
  }
  return stuck;
}

async function hasMover(
  ctx: QueryCtx,
  run: Doc<"workflowRuns">,
): Promise<boolean> {
  if (run.backlog.length > 0) return true;
  if (isPreparing(run)) return (await findSeed(ctx, run._id)) !== null;
  if (run.state.kind === "queued") return await isInQueue(ctx, run);
  const task = await ctx.db
    .query("tasks")
    .withIndex("by_runId", (q) => q.eq("runId", run._id))
    .first();
  if (task !== null) return true;
  for (const kind of ACTIVE_STEP_STATES) {
    if (kind !== "waiting" && kind !== "retrying") continue;
    const steps = await stepsIn(ctx, run._id, kind);
    if (steps.some(({ state }) => isTimed(state))) return true;
  }
  if ((await waitsOf(ctx, run._id)).length > 0) return true;
  const approval = await ctx.db
    .query("approvals")
    .withIndex("by_runId_and_outcome", (q) =>
      q.eq("runId", run._id).eq("outcome", null),
    )
    .first();
  return approval !== null;
}

async function isInQueue(
  ctx: QueryCtx,
  { seatId }: Doc<"workflowRuns">,
): Promise<boolean> {
  return (
    seatId !== undefined && (await ctx.db.get("runSeats", seatId)) !== null
  );
}

function isTimed(state: Doc<"stepExecutions">["state"]): boolean {
  return state.kind !== "waiting" || state.for === "delay";
}

async function stepsIn(
  ctx: QueryCtx,
  runId: Id<"workflowRuns">,
  kind: "waiting" | "retrying",
) {
  return await ctx.db
    .query("stepExecutions")
    .withIndex("by_runId_and_state", (q) =>
      q.eq("runId", runId).eq("state.kind", kind),
    )
    .take(BATCH);
}
