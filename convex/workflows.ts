import {
  paginationOptsValidator,
  paginationResultValidator,
} from "convex/server";
import { v } from "convex/values";
import type { Doc } from "./_generated/dataModel";
import { notFound } from "./errors";
import { mutation, query, type QueryCtx } from "./functions";
import {
  findRole,
  requireOrganization,
  requireWorkflow,
  visible,
} from "./model/access";
import { compileDraft } from "./model/drafts";
import { retentionOf } from "./model/retention";
import { findTemplate } from "./model/templates";
import { removeTriggersOf } from "./model/triggers";
import { nextNumber, sourceOf } from "./model/versions";
import { withUnknownWorkflows } from "./model/workflowNames";
import * as model from "./model/workflows";
import { vRole } from "./validators/organizations";
import {
  vDiagnostic,
  vRetention,
  vWorkflowStatus,
  vWorkflowSummary,
} from "./validators/workflows";
import { environment } from "./environment";

const vWorkflow = v.object({
  ...vWorkflowSummary.fields,
  organizationId: v.id("organizations"),
  draftSource: v.string(),
  draftUpdatedAt: v.number(),
  /** JSON Schema as text; null when the draft does not compile or takes anything. */
  inputSchema: v.union(v.string(), v.null()),
  sampleInput: v.union(v.string(), v.null()),
  diagnostics: v.array(vDiagnostic),
  /** What publishing makes next. */
  nextVersion: v.number(),
  retention: vRetention,
  role: vRole,
});

/** Newest first, without the archived ones unless they are asked for. */
export const list = query({
  args: {
    organizationId: v.id("organizations"),
    status: v.optional(vWorkflowStatus),
    paginationOpts: paginationOptsValidator,
  },
  returns: paginationResultValidator(vWorkflowSummary),
  handler: async (ctx, { organizationId, status, paginationOpts }) => {
    const role = await findRole(ctx, organizationId);
    if (role === null) return { page: [], isDone: true, continueCursor: "" };
    const result = await ctx.db
      .query("workflows")
      .withIndex("by_organizationId", (q) =>
        q.eq("organizationId", organizationId),
      )
      .order("desc")
      // Archived ones are few, and an index by status would lose the order.
      // eslint-disable-next-line @convex-dev/no-filter-in-query
      .filter((q) =>
        status === undefined
          ? q.neq(q.field("status"), "archived")
          : q.eq(q.field("status"), status),
      )
      .paginate(paginationOpts);
    const page = result.page.map((workflow) =>
      model.toWorkflowSummary(ctx, workflow, role),
    );
    return { ...result, page: await Promise.all(page) };
  },
});

export const get = query({
  args: { workflowId: v.id("workflows") },
  returns: v.union(vWorkflow, v.null()),
  handler: async (ctx, { workflowId }) =>
    await shown(ctx, await ctx.db.get("workflows", workflowId)),
});

export const getBySlug = query({
  args: { organizationId: v.id("organizations"), slug: v.string() },
  returns: v.union(vWorkflow, v.null()),
  handler: async (ctx, { organizationId, slug }) =>
    await shown(ctx, await model.findWorkflow(ctx, organizationId, slug)),
});

async function shown(ctx: QueryCtx, workflow: Doc<"workflows"> | null) {
  const found = await visible(ctx, workflow);
  if (found === null) return null;
  const { row, role } = found;
  const draft = await model.draftOf(ctx, row._id);
  return {
    ...(await model.toWorkflowSummary(ctx, row, role)),
    organizationId: row.organizationId,
    draftSource: draft.source,
    draftUpdatedAt: draft.updatedAt,
    inputSchema: draft.inputSchema,
    sampleInput: row.sampleInput,
    diagnostics: draft.diagnostics,
    nextVersion: await nextNumber(ctx, row._id),
    retention: retentionOf(row),
    role,
  };
}

/** Begins with the source, else the template, else an empty workflow. */
export const create = mutation({
  args: {
    organizationId: v.id("organizations"),
    name: v.string(),
    source: v.optional(v.string()),
    templateId: v.optional(v.string()),
  },
  returns: v.object({ workflowId: v.id("workflows"), slug: v.string() }),
  handler: async (ctx, { organizationId, name, source, templateId }) => {
    await requireOrganization(ctx, organizationId, "edit");
    const template = templateId === undefined ? null : templateOf(templateId);
    const text = source ?? template?.source ?? EMPTY_SOURCE;
    const sampleInput = template?.sampleInput ?? null;
    const created = { organizationId, name, source: text, sampleInput };
    return await model.createWorkflow(ctx, created, await compileDraft(text));
  },
});

const EMPTY_SOURCE = `import { workflow, z } from "lockstep";

export default workflow({
  input: z.object({ name: z.string().default("world") }),
})
  .code("greet", ({ input }) => \`Hello, \${input.name}!\`)
  .output(({ steps }) => ({ greeting: steps.greet }));
`;

function templateOf(id: string) {
  const template = findTemplate(id, environment("DEMO_URL"));
  if (template === null) throw notFound("template");
  return template;
}

export const saveDraft = mutation({
  args: { workflowId: v.id("workflows"), source: v.string() },
  returns: v.object({ diagnostics: v.array(vDiagnostic), savedAt: v.number() }),
  handler: async (ctx, { workflowId, source }) => {
    const { workflow } = await requireWorkflow(ctx, workflowId, "edit");
    const draft = await withUnknownWorkflows(
      ctx,
      workflow,
      await compileDraft(source),
    );
    const published = workflow.publishedVersion;
    const isPublished =
      published !== null && (await sourceOf(ctx, published._id)) === source;
    const change = { source, draft, isPublished };
    const { savedAt } = await model.saveDraft(ctx, workflow, change);
    return { diagnostics: draft.diagnostics, savedAt };
  },
});

export const update = mutation({
  args: {
    workflowId: v.id("workflows"),
    name: v.optional(v.string()),
    description: v.optional(v.string()),
  },
  returns: v.null(),
  handler: async (ctx, { workflowId, ...change }) => {
    const { workflow } = await requireWorkflow(ctx, workflowId, "edit");
    await model.updateWorkflow(ctx, workflow, change);
    return null;
  },
});

/** How long runs are kept after their end: what is older is deleted within the hour, and cannot be brought back. */
export const updateRetention = mutation({
  args: { workflowId: v.id("workflows"), retention: vRetention },
  returns: v.null(),
  handler: async (ctx, { workflowId, retention }) => {
    const { workflow } = await requireWorkflow(ctx, workflowId, "edit");
    await model.updateRetention(ctx, workflow, retention);
    return null;
  },
});

/** `triggers` is what a pause means for them: they are refused, or queued until it is resumed. */
export const updateStatus = mutation({
  args: {
    workflowId: v.id("workflows"),
    status: v.union(
      v.literal("active"),
      v.literal("paused"),
      v.literal("archived"),
    ),
    triggers: v.optional(v.union(v.literal("hold"), v.literal("refuse"))),
  },
  returns: v.null(),
  handler: async (ctx, { workflowId, status, triggers }) => {
    const { workflow, access } = await requireWorkflow(ctx, workflowId, "edit");
    const holds = triggers === "hold";
    const pause = { holds, by: access.name, at: Date.now() };
    await model.updateStatus(ctx, workflow, { status, pause });
    return null;
  },
});

/** Runs that are under way go on, and stay in the list. */
export const remove = mutation({
  args: { workflowId: v.id("workflows") },
  returns: v.null(),
  handler: async (ctx, { workflowId }) => {
    const { workflow } = await requireWorkflow(ctx, workflowId, "edit");
    await removeTriggersOf(ctx, workflowId);
    await model.removeWorkflow(ctx, workflow);
    return null;
  },
});
