import {
  paginationOptsValidator,
  paginationResultValidator,
} from "convex/server";
import { v } from "convex/values";
import type { Doc } from "./_generated/dataModel";
import { notFound } from "./errors";
import { mutation, type MutationCtx, query, type QueryCtx } from "./functions";
import { requireOrganization, requireWorkflow, visible } from "./model/access";
import { compareSides, otherSide, versionSide } from "./model/comparisons";
import { vComparison } from "./model/comparisonShapes";
import { compileDraft } from "./model/drafts";
import { replaceDraft } from "./model/restores";
import { lastRollBackTo, rollBackTo } from "./model/rollBacks";
import { triggerSettings } from "./model/triggers";
import { activityOf, vVersionActivity } from "./model/versionActivity";
import { insertVersion, SNAPSHOT_NUMBER, sourceOf } from "./model/versions";
import { createWorkflow, draftOf, markPublished } from "./model/workflows";
import { vDiagnostic } from "./validators/workflows";

const MAX_NOTE = 500;

const vVersionRow = v.object({
  _id: v.id("workflowVersions"),
  number: v.number(),
  createdAt: v.number(),
  authorName: v.string(),
  note: v.string(),
});

const vVersionListRow = v.object({
  ...vVersionRow.fields,
  /** The last time that this version took the place of a newer one. */
  rolledBack: v.union(
    v.object({
      at: v.number(),
      fromNumber: v.number(),
      by: v.string(),
      note: v.string(),
    }),
    v.null(),
  ),
});

/** Makes the draft the version that new runs take. A draft that does not compile is refused. */
export const publish = mutation({
  args: { workflowId: v.id("workflows"), note: v.optional(v.string()) },
  returns: v.union(
    v.object({
      kind: v.literal("published"),
      versionId: v.id("workflowVersions"),
      number: v.number(),
    }),
    v.object({
      kind: v.literal("refused"),
      diagnostics: v.array(vDiagnostic),
    }),
  ),
  handler: async (ctx, { workflowId, note }) => {
    const { workflow, access } = await requireWorkflow(ctx, workflowId, "edit");
    const { source } = await draftOf(ctx, workflowId);
    const { compiled, diagnostics, inputSchema } = await compileDraft(source);
    if (compiled === null) return { kind: "refused" as const, diagnostics };
    const version = await insertVersion(ctx, workflow, {
      source,
      compiled,
      inputSchema,
      authorName: access.name,
      note: checkedNote(note),
      triggers: await triggerSettings(ctx, workflowId),
    });
    await markPublished(ctx, workflow, version);
    const { _id: versionId, number } = version;
    return { kind: "published" as const, versionId, number };
  },
});

/** Newest first. */
export const list = query({
  args: {
    workflowId: v.id("workflows"),
    paginationOpts: paginationOptsValidator,
  },
  returns: paginationResultValidator(vVersionListRow),
  handler: async (ctx, { workflowId, paginationOpts }) => {
    if (
      (await visible(ctx, await ctx.db.get("workflows", workflowId))) === null
    )
      return { page: [], isDone: true, continueCursor: "" };
    const result = await ctx.db
      .query("workflowVersions")
      .withIndex("by_workflowId_and_number", (q) =>
        q.eq("workflowId", workflowId).gt("number", SNAPSHOT_NUMBER),
      )
      .order("desc")
      .paginate(paginationOpts);
    const page = await Promise.all(
      result.page.map((version) => toListRow(ctx, version)),
    );
    return { ...result, page };
  },
});

async function toListRow(ctx: QueryCtx, version: Doc<"workflowVersions">) {
  const { _id, number, _creationTime: createdAt, authorName, note } = version;
  const last = await lastRollBackTo(ctx, _id);
  const rolledBack = last && {
    at: last._creationTime,
    fromNumber: last.fromNumber,
    by: last.by,
    note: last.note,
  };
  return { _id, number, createdAt, authorName, note, rolledBack };
}

/** `graph`, `inputSchema` and `flow` are JSON text; `flow` is what the source says about when its runs start. */
export const get = query({
  args: { versionId: v.id("workflowVersions") },
  returns: v.union(
    v.object({
      ...vVersionRow.fields,
      workflowId: v.id("workflows"),
      source: v.string(),
      graph: v.string(),
      inputSchema: v.union(v.string(), v.null()),
      flow: v.union(v.string(), v.null()),
    }),
    v.null(),
  ),
  handler: async (ctx, { versionId }) => {
    const found = await visible(
      ctx,
      await ctx.db.get("workflowVersions", versionId),
    );
    if (found === null) return null;
    const { _creationTime, organizationId: _, ...rest } = found.row;
    const { triggers: __, flow = null, ...version } = rest;
    const source = await sourceOf(ctx, versionId);
    return { ...version, flow, createdAt: _creationTime, source };
  },
});

/** What the last runs of each version came to, of those that are looked at: the newest of the workflow. */
export const activity = query({
  args: { workflowId: v.id("workflows") },
  returns: vVersionActivity,
  handler: async (ctx, { workflowId }) => {
    const workflow = await ctx.db.get("workflows", workflowId);
    const found = await visible(ctx, workflow);
    return await activityOf(ctx, found === null ? null : workflowId);
  },
});

/** `to` is another version of the same workflow, or its draft. Null when one is not there or not to be seen. */
export const compare = query({
  args: {
    from: v.id("workflowVersions"),
    to: v.union(v.id("workflowVersions"), v.literal("draft")),
  },
  returns: v.union(vComparison, v.null()),
  handler: async (ctx, args) => {
    const from = await ctx.db.get("workflowVersions", args.from);
    const found = await visible(ctx, from);
    if (found === null) return null;
    const to = await otherSide(ctx, found.row, args.to);
    return to && compareSides(await versionSide(ctx, found.row), to);
  },
});

/** The version's source becomes the draft. What was in the draft is kept (`drafts.listKept`). */
export const restore = mutation({
  args: { versionId: v.id("workflowVersions") },
  returns: v.object({
    keptDraftId: v.union(v.id("keptDrafts"), v.null()),
    diagnostics: v.array(vDiagnostic),
  }),
  handler: async (ctx, { versionId }) => {
    const { version, workflow, access } = await requireVersion(ctx, versionId);
    return await replaceDraft(ctx, workflow, {
      source: await sourceOf(ctx, versionId),
      replacedBy:
        version.number === SNAPSHOT_NUMBER
          ? "a draft that was tested"
          : `version ${version.number}`,
      by: access.name,
    });
  },
});

/** A new workflow with the version's source as its draft. Works for versions of removed workflows too. */
export const restoreAsWorkflow = mutation({
  args: { versionId: v.id("workflowVersions"), name: v.string() },
  returns: v.object({ workflowId: v.id("workflows"), slug: v.string() }),
  handler: async (ctx, { versionId, name }) => {
    const version = await ctx.db.get("workflowVersions", versionId);
    if (version === null) throw notFound("version");
    const { organizationId } = version;
    await requireOrganization(ctx, organizationId, "edit", "version");
    const original = await ctx.db.get("workflows", version.workflowId);
    const source = await sourceOf(ctx, versionId);
    const sampleInput = original?.sampleInput ?? null;
    const created = { organizationId, name, source, sampleInput };
    return await createWorkflow(ctx, created, await compileDraft(source));
  },
});

/** Makes an older version the current one again. Runs that have started keep theirs (E8), and the draft stays. */
export const rollBack = mutation({
  args: { versionId: v.id("workflowVersions"), note: v.optional(v.string()) },
  returns: v.object({ number: v.number() }),
  handler: async (ctx, { versionId, note }) => {
    const { version, workflow, access } = await requireVersion(ctx, versionId);
    await rollBackTo(
      ctx,
      { workflow, version },
      { by: access.name, note: checkedNote(note) },
    );
    return { number: version.number };
  },
});

/** For people who may change the workflow; a version of a removed workflow has nothing to go back to. */
async function requireVersion(
  ctx: MutationCtx,
  versionId: Doc<"workflowVersions">["_id"],
) {
  const version = await ctx.db.get("workflowVersions", versionId);
  if (version === null) throw notFound("version");
  const { workflowId } = version;
  return { version, ...(await requireWorkflow(ctx, workflowId, "edit")) };
}

function checkedNote(note: string | undefined): string {
  return (note ?? "").trim().slice(0, MAX_NOTE);
}
