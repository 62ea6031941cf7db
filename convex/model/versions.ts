/** Writer of `workflowVersions` and `workflowPrograms`, which never change (E8). */
import type { Doc, Id } from "../_generated/dataModel";
import { must } from "../errors";
import type { MutationCtx, QueryCtx } from "../functions";
import type { Compiled } from "../language/compile";
import type { TriggerSetting } from "../validators";

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
  { source, compiled, ...version }: NewVersion,
): Promise<{ _id: Id<"workflowVersions">; number: number }> {
  const number = await nextNumber(ctx, workflow._id);
  const _id = await ctx.db.insert("workflowVersions", {
    organizationId: workflow.organizationId,
    workflowId: workflow._id,
    number,
    graph: JSON.stringify(compiled.graph),
    ...version,
  });
  const { program } = compiled;
  await ctx.db.insert("workflowPrograms", { versionId: _id, source, program });
  return { _id, number };
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
  const row = await ctx.db
    .query("workflowPrograms")
    .withIndex("by_versionId", (q) => q.eq("versionId", versionId))
    .unique();
  return must(row, `program of version ${versionId}`).source;
}
