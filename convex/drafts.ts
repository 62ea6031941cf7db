import { v } from "convex/values";
import { notFound } from "./errors";
import { mutation, query } from "./functions";
import { requireWorkflow, visible } from "./model/access";
import { keptDraftsOf, removeKeptDraft } from "./model/keptDrafts";
import { replaceDraft } from "./model/restores";
import { vDiagnostic } from "./validators/workflows";

/** Newest first; at most 20. */
export const listKept = query({
  args: { workflowId: v.id("workflows") },
  returns: v.array(
    v.object({
      _id: v.id("keptDrafts"),
      keptAt: v.number(),
      replacedBy: v.string(),
      by: v.string(),
      lines: v.number(),
    }),
  ),
  handler: async (ctx, { workflowId }) => {
    const workflow = await ctx.db.get("workflows", workflowId);
    if ((await visible(ctx, workflow)) === null) return [];
    const kept = await keptDraftsOf(ctx, workflowId);
    return kept.map(({ _id, _creationTime: keptAt, source, ...rest }) => {
      const { replacedBy, by } = rest;
      return { _id, keptAt, replacedBy, by, lines: source.split("\n").length };
    });
  },
});

export const getKept = query({
  args: { keptDraftId: v.id("keptDrafts") },
  returns: v.union(v.object({ source: v.string() }), v.null()),
  handler: async (ctx, { keptDraftId }) => {
    const found = await visible(
      ctx,
      await ctx.db.get("keptDrafts", keptDraftId),
    );
    return found === null ? null : { source: found.row.source };
  },
});

/** Puts a kept draft back; what is in the draft now is kept in its place. */
export const bringBack = mutation({
  args: { keptDraftId: v.id("keptDrafts") },
  returns: v.object({ diagnostics: v.array(vDiagnostic) }),
  handler: async (ctx, { keptDraftId }) => {
    const kept = await ctx.db.get("keptDrafts", keptDraftId);
    if (kept === null) throw notFound("draft");
    const { workflowId, source } = kept;
    const { workflow, access } = await requireWorkflow(ctx, workflowId, "edit");
    await removeKeptDraft(ctx, keptDraftId);
    const { diagnostics } = await replaceDraft(ctx, workflow, {
      source,
      replacedBy: "an earlier draft",
      by: access.name,
    });
    return { diagnostics };
  },
});
