/** A phase of retention: runs that were kept long enough. */
import type { Doc, Id } from "../../_generated/dataModel";
import type { MutationCtx, QueryCtx } from "../../functions";
import type { Place } from "../../validators/upkeep";
import { isRunEnded } from "../flow/transitions";
import { findEnding } from "../runs/runEndings";
import { type OldRows, withOwner } from "./owners";
import type { Portion } from "./portion";
import { finishRemovals, removeRun } from "./runRemovals";

const BATCH = 20;

/** Runs by age. One that has not ended, or that another still needs, is left for a later pass. */
export async function removeOldRuns(
  ctx: MutationCtx,
  portion: Portion,
  at: Place,
): Promise<Place | null> {
  if (!(await finishRemovals(ctx, portion))) return at;
  return await withOwner(ctx, portion, at, (rows) =>
    removeSome(ctx, portion, rows),
  );
}

async function removeSome(
  ctx: MutationCtx,
  portion: Portion,
  { counter, cutoff, here }: OldRows,
): Promise<Place | "done"> {
  const runs = await ctx.db
    .query("workflowRuns")
    .withIndex("by_workflowId", (q) =>
      q
        .eq("workflowId", counter.workflowId)
        .gt("_creationTime", here.after)
        .lt("_creationTime", cutoff),
    )
    .take(BATCH);
  for (const run of runs) {
    if (portion.isSpent) return here;
    portion.take(run);
    if (await isOver(ctx, run, cutoff)) await removeRun(ctx, portion, run);
    here.after = run._creationTime;
  }
  return runs.length < BATCH ? "done" : here;
}

async function isOver(
  ctx: QueryCtx,
  run: Doc<"workflowRuns">,
  cutoff: number,
): Promise<boolean> {
  if (!isRunEnded(run.state) || (run.endedAt ?? cutoff) >= cutoff) return false;
  return (
    (await findEnding(ctx, run._id)) === null &&
    !(await isSource(ctx, run._id)) &&
    !(await hasActiveParent(ctx, run))
  );
}

/** A replay is about to take over its steps. */
async function isSource(
  ctx: QueryCtx,
  runId: Id<"workflowRuns">,
): Promise<boolean> {
  const seed = await ctx.db
    .query("runSeeds")
    .withIndex("by_sourceId", (q) => q.eq("sourceId", runId))
    .first();
  return seed !== null;
}

async function hasActiveParent(
  ctx: QueryCtx,
  { parent }: Doc<"workflowRuns">,
): Promise<boolean> {
  if (parent === undefined) return false;
  const around = await ctx.db.get("workflowRuns", parent.runId);
  return around !== null && !isRunEnded(around.state);
}
