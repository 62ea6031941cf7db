import {
  paginationOptsValidator,
  paginationResultValidator,
} from "convex/server";
import { v } from "convex/values";
import { mutation, query } from "./functions";
import { requireWorkflow, visible } from "./model/access";
import { compileDraft } from "./model/drafts";
import { insertVersion, sourceOf } from "./model/versions";
import { draftOf, markPublished } from "./model/workflows";
import { vDiagnostic } from "./validators";

const MAX_NOTE = 500;

const vVersionRow = v.object({
  _id: v.id("workflowVersions"),
  number: v.number(),
  createdAt: v.number(),
  authorName: v.string(),
  note: v.string(),
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
      note: (note ?? "").trim().slice(0, MAX_NOTE),
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
  returns: paginationResultValidator(vVersionRow),
  handler: async (ctx, { workflowId, paginationOpts }) => {
    if (
      (await visible(ctx, await ctx.db.get("workflows", workflowId))) === null
    )
      return { page: [], isDone: true, continueCursor: "" };
    const result = await ctx.db
      .query("workflowVersions")
      .withIndex("by_workflowId_and_number", (q) =>
        q.eq("workflowId", workflowId),
      )
      .order("desc")
      .paginate(paginationOpts);
    const page = result.page.map(
      ({ _id, number, _creationTime: createdAt, authorName, note }) => {
        return { _id, number, createdAt, authorName, note };
      },
    );
    return { ...result, page };
  },
});

/** `graph` and `inputSchema` are JSON text. */
export const get = query({
  args: { versionId: v.id("workflowVersions") },
  returns: v.union(
    v.object({
      ...vVersionRow.fields,
      workflowId: v.id("workflows"),
      source: v.string(),
      graph: v.string(),
      inputSchema: v.union(v.string(), v.null()),
    }),
    v.null(),
  ),
  handler: async (ctx, { versionId }) => {
    const found = await visible(
      ctx,
      await ctx.db.get("workflowVersions", versionId),
    );
    if (found === null) return null;
    const { _creationTime, organizationId: _, ...version } = found.row;
    const source = await sourceOf(ctx, versionId);
    return { ...version, createdAt: _creationTime, source };
  },
});
