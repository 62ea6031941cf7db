/** Writer of `workflowVersions` and `workflowPrograms`, which never change (E8). */
import type { Doc, Id } from "../_generated/dataModel";
import { must } from "../errors";
import type { MutationCtx, QueryCtx } from "../functions";
import type { Compiled } from "../language/compile";
import type { TriggerSetting } from "../validators/triggers";

/** Of snapshots of the draft: the version of a test run. Published ones count from 1. */
export const SNAPSHOT_NUMBER = 0;

export type NewVersion = {
  source: string;
  compiled: Compiled;
  inputSchema: string | null;
  authorName: string;
  note: string;
  triggers: TriggerSetting[];
};

export async function insertVersion(
  ctx: MutationCtx,
  workflow: Doc<"workflows">,
  given: NewVersion,
): Promise<{ _id: Id<"workflowVersions">; number: number }> {
  const number = await nextNumber(ctx, workflow._id);
  const _id = await insertNumbered(ctx, workflow, number, given);
  return { _id, number };
}

async function insertNumbered(
  ctx: MutationCtx,
  workflow: Doc<"workflows">,
  number: number,
  { source, compiled, ...version }: NewVersion,
): Promise<Id<"workflowVersions">> {
  const { flow } = compiled.graph;
  const _id = await ctx.db.insert("workflowVersions", {
    organizationId: workflow.organizationId,
    workflowId: workflow._id,
    number,
    graph: JSON.stringify(compiled.graph),
    ...(flow === undefined ? {} : { flow: JSON.stringify(flow) }),
    ...version,
  });
  const { program } = compiled;
  await ctx.db.insert("workflowPrograms", { versionId: _id, source, program });
  return _id;
}

/** A version that no run and no workflow shows any more, with all that is about it. */
export async function removeVersion(
  ctx: MutationCtx,
  versionId: Id<"workflowVersions">,
): Promise<void> {
  const { _id } = await programRow(ctx, versionId);
  await ctx.db.delete("workflowPrograms", _id);
  const rollBacks = await ctx.db
    .query("versionRollBacks")
    .withIndex("by_versionId", (q) => q.eq("versionId", versionId))
    .collect();
  for (const rollBack of rollBacks)
    await ctx.db.delete("versionRollBacks", rollBack._id);
  await ctx.db.delete("workflowVersions", versionId);
}

/** The draft as it is, for ever: what a test run sees. Tests of the same draft share it. */
export async function snapshotDraft(
  ctx: MutationCtx,
  workflow: Doc<"workflows">,
  given: NewVersion,
): Promise<Doc<"workflowVersions">> {
  const last = await lastSnapshot(ctx, workflow._id);
  const graph = JSON.stringify(given.compiled.graph);
  if (last?.graph === graph && last.inputSchema === given.inputSchema) {
    const { source, program } = await programRow(ctx, last._id);
    if (source === given.source && program === given.compiled.program)
      return last;
  }
  const _id = await insertNumbered(ctx, workflow, SNAPSHOT_NUMBER, given);
  return must(await ctx.db.get("workflowVersions", _id), `snapshot ${_id}`);
}

async function lastSnapshot(
  ctx: QueryCtx,
  workflowId: Id<"workflows">,
): Promise<Doc<"workflowVersions"> | null> {
  return await ctx.db
    .query("workflowVersions")
    .withIndex("by_workflowId_and_number", (q) =>
      q.eq("workflowId", workflowId).eq("number", SNAPSHOT_NUMBER),
    )
    .order("desc")
    .first();
}

/** Of the version that is published next. After a roll-back the current version is not the newest. */
export async function nextNumber(
  ctx: QueryCtx,
  workflowId: Id<"workflows">,
): Promise<number> {
  const newest = await ctx.db
    .query("workflowVersions")
    .withIndex("by_workflowId_and_number", (q) =>
      q.eq("workflowId", workflowId),
    )
    .order("desc")
    .first();
  return (newest?.number ?? 0) + 1;
}

export async function sourceOf(
  ctx: QueryCtx,
  versionId: Id<"workflowVersions">,
): Promise<string> {
  return (await programRow(ctx, versionId)).source;
}

async function programRow(
  ctx: QueryCtx,
  versionId: Id<"workflowVersions">,
): Promise<Doc<"workflowPrograms">> {
  const row = await ctx.db
    .query("workflowPrograms")
    .withIndex("by_versionId", (q) => q.eq("versionId", versionId))
    .unique();
  return must(row, `program of version ${versionId}`);
}
