/** Writer of `keptDrafts`: what was in a draft before something took its place, so that nothing is ever lost. */
import type { Doc, Id } from "../_generated/dataModel";
import type { MutationCtx, QueryCtx } from "../functions";

const MAX_KEPT = 20;

export type Replacement = { replacedBy: string; by: string };

export async function keepDraft(
  ctx: MutationCtx,
  workflow: Doc<"workflows">,
  draft: { source: string } & Replacement,
): Promise<Id<"keptDrafts">> {
  const { _id: workflowId, organizationId } = workflow;
  const kept = await keptDraftsOf(ctx, workflowId);
  for (const { _id } of kept.slice(MAX_KEPT - 1))
    await ctx.db.delete("keptDrafts", _id);
  return await ctx.db.insert("keptDrafts", {
    organizationId,
    workflowId,
    ...draft,
  });
}

/** Newest first. */
export async function keptDraftsOf(
  ctx: QueryCtx,
  workflowId: Id<"workflows">,
): Promise<Doc<"keptDrafts">[]> {
  return await ctx.db
    .query("keptDrafts")
    .withIndex("by_workflowId", (q) => q.eq("workflowId", workflowId))
    .order("desc")
    .take(MAX_KEPT + 1);
}

export async function removeKeptDrafts(
  ctx: MutationCtx,
  workflowId: Id<"workflows">,
): Promise<void> {
  for (const { _id } of await keptDraftsOf(ctx, workflowId))
    await ctx.db.delete("keptDrafts", _id);
}

export async function removeKeptDraft(
  ctx: MutationCtx,
  id: Id<"keptDrafts">,
): Promise<void> {
  await ctx.db.delete("keptDrafts", id);
}
