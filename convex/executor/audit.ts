/** E4 over the database: every run that has not ended must have something that will move it. */
import { v } from "convex/values";
import type { Doc, Id } from "../_generated/dataModel";
import { internal } from "../_generated/api";
import { internalQuery, type MutationCtx, type QueryCtx } from "../functions";
import { ACTIVE_STEP_STATES } from "./transitions";

const BATCH = 100;
/** Timers may be a little late; a run that should have moved this long ago is stuck. */
const GRACE_MS = 60_000;

/** Returns how many runs had to be helped. */
export async function repairStuckRuns(ctx: MutationCtx): Promise<number> {
  let repaired = 0;
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
  if (run.backlog.length > 0) {
    if (!isOld(run)) return false;
    await ctx.scheduler.runAfter(0, internal.executor.timers.resume, { runId });
    return true;
  }
  const overdue = await overdueStep(ctx, runId);
  if (overdue === null) return false;
  const timer =
    overdue.state.kind === "retrying"
      ? ({ kind: "retry", key: overdue.key, attempt: overdue.attempt } as const)
      : ({ kind: "delay", key: overdue.key } as const);
  await ctx.scheduler.runAfter(0, internal.executor.timers.fire, {
    runId,
    timer,
  });
  return true;
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
      if (state.kind === "waiting") return state.until < before;
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
  const task = await ctx.db
    .query("tasks")
    .withIndex("by_runId", (q) => q.eq("runId", run._id))
    .first();
  if (task !== null) return true;
  for (const kind of ACTIVE_STEP_STATES) {
    if (kind !== "waiting" && kind !== "retrying") continue;
    if ((await stepsIn(ctx, run._id, kind)).length > 0) return true;
  }
  return false;
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
