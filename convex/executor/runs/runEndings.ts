/**
 * Writer of `runEndings`: a run is over in one transaction (E6); when more is active in it than that transaction ends,
 * the rest follows in further ones. Meanwhile its timers and reports do nothing, and its tasks are handed to no worker.
 */
import { internal } from "../../_generated/api";
import type { Id } from "../../_generated/dataModel";
import type { MutationCtx, QueryCtx } from "../../functions";

export async function endLater(
  ctx: MutationCtx,
  runId: Id<"workflowRuns">,
): Promise<void> {
  await ctx.db.insert("runEndings", { runId });
  await endSoon(ctx, runId);
}

export async function endSoon(
  ctx: MutationCtx,
  runId: Id<"workflowRuns">,
): Promise<void> {
  await ctx.scheduler.runAfter(0, internal.executor.timers.endRest, { runId });
}

export async function findEnding(ctx: QueryCtx, runId: Id<"workflowRuns">) {
  return await ctx.db
    .query("runEndings")
    .withIndex("by_runId", (q) => q.eq("runId", runId))
    .unique();
}
