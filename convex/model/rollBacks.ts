/** Writer of `versionRollBacks`. A roll-back moves the pointer to a version that ran before: the same program again. */
import type { Doc, Id } from "../_generated/dataModel";
import { userError } from "../errors";
import type { MutationCtx, QueryCtx } from "../functions";
import { SNAPSHOT_NUMBER } from "./versions";
import { markRolledBack } from "./workflows";

export type RollBack = { by: string; note: string };

export async function rollBackTo(
  ctx: MutationCtx,
  {
    workflow,
    version,
  }: { workflow: Doc<"workflows">; version: Doc<"workflowVersions"> },
  { by, note }: RollBack,
): Promise<void> {
  const current = workflow.publishedVersion;
  if (current === null)
    throw userError("not_published", "There is nothing to roll back from.");
  if (version.number === SNAPSHOT_NUMBER)
    throw userError(
      "invalid_argument",
      "This draft was tested, but never published. Restore it, then publish.",
      { field: "versionId" },
    );
  if (current._id === version._id)
    throw userError(
      "conflict",
      `Version ${version.number} is the current one already.`,
    );
  const { _id: versionId, number } = version;
  await markRolledBack(ctx, workflow, { _id: versionId, number });
  await ctx.db.insert("versionRollBacks", {
    workflowId: workflow._id,
    versionId,
    fromNumber: current.number,
    by,
    note,
  });
}

/** The last time that this version was made the current one again. */
export async function lastRollBackTo(
  ctx: QueryCtx,
  versionId: Id<"workflowVersions">,
): Promise<Doc<"versionRollBacks"> | null> {
  return await ctx.db
    .query("versionRollBacks")
    .withIndex("by_versionId", (q) => q.eq("versionId", versionId))
    .order("desc")
    .first();
}
