/** Writer of `workflows` and `workflowDrafts`. */
import type { Doc, Id } from "../_generated/dataModel";
import { internal } from "../_generated/api";
import { must, userError } from "../errors";
import type { MutationCtx, QueryCtx } from "../functions";
import type { Role } from "../validators/organizations";
import type {
  Pause,
  Retention,
  WorkflowSummary,
} from "../validators/workflows";
import type { CompiledDraft } from "./drafts";
import { removeObservationsOf } from "./observations";
import { organizationLimit } from "./flowLimits";
import { removeKeptDrafts } from "./keptDrafts";
import { checkedName } from "./names";
import { checkRetention, keepRetention } from "./retention";
import { toRunSummary } from "./runs";
import { freeSlug } from "./slugs";
import { triggersOf } from "./triggers";
import { utf8Bytes } from "./payloads";
import { sourceOf } from "./versions";

/** A draft is one document, which may have 1 MiB. */
const MAX_DRAFT_BYTES = 900 * 1024;
const MAX_SAMPLE_BYTES = 16 * 1024;
const MAX_DESCRIPTION = 2000;

export type NewWorkflow = {
  organizationId: Id<"organizations">;
  name: string;
  source: string;
  sampleInput: string | null;
};

export async function createWorkflow(
  ctx: MutationCtx,
  { organizationId, source, sampleInput, ...given }: NewWorkflow,
  draft: CompiledDraft,
): Promise<{ workflowId: Id<"workflows">; slug: string }> {
  requireDraftSize(source);
  const name = checkedName(given.name, "workflow");
  const slug = await freeSlug(
    name,
    async (candidate) =>
      (await findWorkflow(ctx, organizationId, candidate)) !== null,
  );
  const workflowId = await ctx.db.insert("workflows", {
    organizationId,
    name,
    slug,
    description: "",
    status: "draft",
    publishedVersion: null,
    hasDraftChanges: true,
    sampleInput,
    ...((await organizationLimit(ctx, organizationId)) === null
      ? {}
      : { sharesRoom: true }),
  });
  const { diagnostics, inputSchema } = draft;
  await ctx.db.insert("workflowDrafts", {
    workflowId,
    source,
    updatedAt: Date.now(),
    diagnostics,
    inputSchema,
  });
  return { workflowId, slug };
}

export async function findWorkflow(
  ctx: QueryCtx,
  organizationId: Id<"organizations">,
  slug: string,
): Promise<Doc<"workflows"> | null> {
  return await ctx.db
    .query("workflows")
    .withIndex("by_organizationId_and_slug", (q) =>
      q.eq("organizationId", organizationId).eq("slug", slug),
    )
    .unique();
}

export async function draftOf(
  ctx: QueryCtx,
  workflowId: Id<"workflows">,
): Promise<Doc<"workflowDrafts">> {
  const draft = await ctx.db
    .query("workflowDrafts")
    .withIndex("by_workflowId", (q) => q.eq("workflowId", workflowId))
    .unique();
  return must(draft, `draft of workflow ${workflowId}`);
}

/** A draft that does not compile is saved all the same. */
export async function saveDraft(
  ctx: MutationCtx,
  workflow: Doc<"workflows">,
  change: { source: string; draft: CompiledDraft; isPublished: boolean },
): Promise<{ savedAt: number }> {
  requireDraftSize(change.source);
  const savedAt = Date.now();
  const { diagnostics, inputSchema } = change.draft;
  const { _id } = await draftOf(ctx, workflow._id);
  await ctx.db.patch("workflowDrafts", _id, {
    source: change.source,
    updatedAt: savedAt,
    diagnostics,
    inputSchema,
  });
  const hasDraftChanges = !change.isPublished;
  if (hasDraftChanges !== workflow.hasDraftChanges)
    await ctx.db.patch("workflows", workflow._id, { hasDraftChanges });
  return { savedAt };
}

function requireDraftSize(source: string): void {
  const bytes = utf8Bytes(source);
  if (bytes <= MAX_DRAFT_BYTES) return;
  throw userError(
    "payload_too_large",
    `The source is ${Math.ceil(bytes / 1024)} KiB and was not saved; it may be 512 KiB.`,
    { field: "source" },
  );
}

/** The address stays as it is, so that links keep working. */
export async function updateWorkflow(
  ctx: MutationCtx,
  workflow: Doc<"workflows">,
  change: { name?: string; description?: string },
): Promise<void> {
  const { name, description } = change;
  if (name !== undefined)
    await ctx.db.patch("workflows", workflow._id, {
      name: checkedName(name, "workflow"),
    });
  if (description === undefined) return;
  if (description.length > MAX_DESCRIPTION)
    throw userError(
      "invalid_argument",
      `A description has at most ${MAX_DESCRIPTION} characters.`,
      { field: "description" },
    );
  await ctx.db.patch("workflows", workflow._id, {
    description: description.trim(),
  });
}

export async function updateRetention(
  ctx: MutationCtx,
  workflow: Doc<"workflows">,
  retention: Retention,
): Promise<void> {
  checkRetention(retention);
  await ctx.db.patch("workflows", workflow._id, { retention });
}

export async function updateStatus(
  ctx: MutationCtx,
  workflow: Doc<"workflows">,
  { status, pause }: { status: "active" | "paused" | "archived"; pause: Pause },
): Promise<void> {
  const isPublished = workflow.publishedVersion !== null;
  if (!isPublished && status === "paused")
    throw userError(
      "not_published",
      "Publish the workflow first; a draft does not run.",
    );
  const restored = status === "active" && !isPublished ? "draft" : status;
  await ctx.db.patch("workflows", workflow._id, {
    status: restored,
    pause: status === "paused" ? pause : undefined,
  });
  await promoteRuns(ctx, workflow._id);
}

/** Whatever was changed may let queued runs go on. */
async function promoteRuns(
  ctx: MutationCtx,
  workflowId: Id<"workflows">,
): Promise<void> {
  const args = { workflowId };
  const { promoteWorkflow } = internal.executor.queuedRuns;
  await ctx.scheduler.runAfter(0, promoteWorkflow, args);
}

/** Proposed as the input of the next run; a large one is not remembered, because this row is in lists. */
export async function rememberInput(
  ctx: MutationCtx,
  workflow: Doc<"workflows">,
  input: string,
): Promise<void> {
  if (utf8Bytes(input) > MAX_SAMPLE_BYTES || input === workflow.sampleInput)
    return;
  await ctx.db.patch("workflows", workflow._id, { sampleInput: input });
}

export async function markPublished(
  ctx: MutationCtx,
  workflow: Doc<"workflows">,
  publishedVersion: { _id: Id<"workflowVersions">; number: number },
): Promise<void> {
  const status = workflow.status === "draft" ? "active" : workflow.status;
  await ctx.db.patch("workflows", workflow._id, {
    publishedVersion,
    hasDraftChanges: false,
    status,
  });
  await promoteRuns(ctx, workflow._id);
}

/** New runs take this version; the draft stays as it is. */
export async function markRolledBack(
  ctx: MutationCtx,
  workflow: Doc<"workflows">,
  publishedVersion: { _id: Id<"workflowVersions">; number: number },
): Promise<void> {
  const { source } = await draftOf(ctx, workflow._id);
  const hasDraftChanges =
    (await sourceOf(ctx, publishedVersion._id)) !== source;
  await ctx.db.patch("workflows", workflow._id, {
    publishedVersion,
    hasDraftChanges,
  });
  await promoteRuns(ctx, workflow._id);
}

/** Versions stay: runs show them. Queued runs are cancelled. */
export async function removeWorkflow(
  ctx: MutationCtx,
  workflow: Doc<"workflows">,
): Promise<void> {
  const draft = await draftOf(ctx, workflow._id);
  await ctx.db.delete("workflowDrafts", draft._id);
  await removeKeptDrafts(ctx, workflow._id);
  await removeObservationsOf(ctx, workflow.organizationId, workflow._id);
  await keepRetention(ctx, workflow);
  await ctx.db.delete("workflows", workflow._id);
  await promoteRuns(ctx, workflow._id);
}

export async function toWorkflowSummary(
  ctx: QueryCtx,
  workflow: Doc<"workflows">,
  role: Role,
): Promise<WorkflowSummary> {
  const lastRun = await ctx.db
    .query("workflowRuns")
    .withIndex("by_workflowId_and_isTest", (q) =>
      q.eq("workflowId", workflow._id).eq("isTest", undefined),
    )
    .order("desc")
    .first();
  return {
    _id: workflow._id,
    name: workflow.name,
    slug: workflow.slug,
    description: workflow.description,
    status: workflow.status,
    publishedVersion: workflow.publishedVersion,
    hasDraftChanges: workflow.hasDraftChanges,
    pause: workflow.pause ?? null,
    triggers: await triggersOf(ctx, workflow._id, role),
    lastRun: lastRun === null ? null : toRunSummary(lastRun),
    createdAt: workflow._creationTime,
  };
}
