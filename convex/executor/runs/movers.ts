/** What moves a run that has not ended (E4). */
import type { Doc, Id } from "../../_generated/dataModel";
import type { QueryCtx } from "../../functions";
import { type WholeStep, wholeStep } from "../../model/stepFields";
import { isRunEnded } from "../flow/transitions";
import { findSeed } from "../replay/seedRequests";

const BATCH = 100;
/** Timers may be a little late; a run that should have moved this long ago is stuck. */
export const GRACE_MS = 60_000;

export function isPreparing({ state }: Doc<"workflowRuns">): boolean {
  return state.kind === "running" && state.preparing !== undefined;
}

export async function waitsOfRun(ctx: QueryCtx, runId: Id<"workflowRuns">) {
  return await ctx.db
    .query("openWaits")
    .withIndex("by_runId_and_stepKey", (q) => q.eq("runId", runId))
    .take(BATCH);
}

/** E4, as far as the rows of a run say: false when nothing would ever move it again. */
export async function hasMover(
  ctx: QueryCtx,
  run: Doc<"workflowRuns">,
): Promise<boolean> {
  if (run.backlog.length > 0) return true;
  if (isPreparing(run)) return (await findSeed(ctx, run._id)) !== null;
  if (run.state.kind === "queued") return await isInQueue(ctx, run);
  const task = await ctx.db
    .query("tasks")
    .withIndex("by_runId_and_stepId", (q) => q.eq("runId", run._id))
    .first();
  if (task !== null) return true;
  if ((await sleepingSteps(ctx, run._id, "retrying")).length > 0) return true;
  for (const step of await sleepingSteps(ctx, run._id, "waiting"))
    if (await isMoved(ctx, step)) return true;
  if ((await waitsOfRun(ctx, run._id)).length > 0) return true;
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

/** By its timer, or by the run that it waits for. */
async function isMoved(
  ctx: QueryCtx,
  { state, childRun, attempt, createdAt }: WholeStep,
): Promise<boolean> {
  if (state.kind !== "waiting") return false;
  if (state.for !== "run") return state.for === "delay";
  const isRecent = (at: number) => Date.now() - at < GRACE_MS;
  if (childRun?.attempt !== attempt) return isRecent(createdAt);
  const child = await ctx.db.get("workflowRuns", childRun.runId);
  return (
    child !== null && (!isRunEnded(child.state) || isRecent(child.endedAt ?? 0))
  );
}

export async function sleepingSteps(
  ctx: QueryCtx,
  runId: Id<"workflowRuns">,
  kind: "waiting" | "retrying",
): Promise<WholeStep[]> {
  const rows = await ctx.db
    .query("stepExecutions")
    .withIndex("by_runId_and_state", (q) =>
      q.eq("runId", runId).eq("state.kind", kind),
    )
    .take(BATCH);
  return rows.map(wholeStep);
}
