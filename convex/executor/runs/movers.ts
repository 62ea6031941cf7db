/** What moves a run that has not ended (E4). */
import type { Doc, Id } from "../../_generated/dataModel";
import type { QueryCtx } from "../../functions";
import { type WholeStep, wholeStep } from "../../model/stepFields";
import type { StepState } from "../../validators/steps";
import { hasTask } from "../effects/tasks";
import { isRunEnded } from "../flow/transitions";
import { hasSeat } from "../queue/runSeats";
import { findSeed } from "../replay/seedRequests";

type RunId = Id<"workflowRuns">;

const BATCH = 100;
/** So many steps that wait for what does not come are enough to say that nothing moves their run. */
const IN_VAIN = 1_000;
/** Timers may be a little late; a run that should have moved this long ago is stuck. */
export const GRACE_MS = 60_000;

export function isPreparing({ state }: Doc<"workflowRuns">): boolean {
  return state.kind === "running" && state.preparing !== undefined;
}

/** E4, as far as the rows of a run say: false when nothing would ever move it again. */
export async function hasMover(
  ctx: QueryCtx,
  run: Doc<"workflowRuns">,
): Promise<boolean> {
  if (run.backlog.length > 0) return true;
  if (isPreparing(run)) return (await findSeed(ctx, run._id)) !== null;
  if (run.state.kind === "queued") return await hasSeat(ctx, run);
  return (
    (await hasTask(ctx, run._id)) ||
    (await hasOpenWait(ctx, run._id)) ||
    (await hasOpenApproval(ctx, run._id)) ||
    (await hasMovedStep(ctx, run._id))
  );
}

async function hasOpenWait(ctx: QueryCtx, runId: RunId): Promise<boolean> {
  const wait = await ctx.db
    .query("openWaits")
    .withIndex("by_runId_and_stepKey", (q) => q.eq("runId", runId))
    .first();
  return wait !== null;
}

async function hasOpenApproval(ctx: QueryCtx, runId: RunId): Promise<boolean> {
  const approval = await ctx.db
    .query("approvals")
    .withIndex("by_runId_and_outcome", (q) =>
      q.eq("runId", runId).eq("outcome", null),
    )
    .first();
  return approval !== null;
}

async function hasMovedStep(ctx: QueryCtx, runId: RunId): Promise<boolean> {
  const retrying = { kind: "retrying", after: "", limit: 1 } as const;
  if ((await stepsAfter(ctx, runId, retrying)).length > 0) return true;
  const waiting = { kind: "waiting", limit: BATCH } as const;
  for (let after = "", seen = 0; seen < IN_VAIN; seen += BATCH) {
    const steps = await stepsAfter(ctx, runId, { ...waiting, after });
    for (const step of steps) if (await isMoved(ctx, step)) return true;
    const last = steps.at(-1);
    if (last === undefined || steps.length < BATCH) return false;
    after = last.key;
  }
  return false;
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

/** Steps in a state, in the order of their keys. */
export async function stepsAfter(
  ctx: QueryCtx,
  runId: RunId,
  {
    kind,
    after,
    limit,
  }: { kind: StepState["kind"]; after: string; limit: number },
): Promise<WholeStep[]> {
  const rows = await ctx.db
    .query("stepExecutions")
    .withIndex("by_runId_and_state", (q) =>
      q.eq("runId", runId).eq("state.kind", kind).gt("key", after),
    )
    .take(limit);
  return rows.map(wholeStep);
}
