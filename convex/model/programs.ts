/** The large half of a version, kept apart because lists and most turns do not need it. */
import type { Id } from "../_generated/dataModel";
import { must } from "../errors";
import type { QueryCtx } from "../functions";
import type { Program } from "../language/graph";

export async function programOf(
  ctx: QueryCtx,
  versionId: Id<"workflowVersions">,
): Promise<Program> {
  const row = await ctx.db
    .query("workflowPrograms")
    .withIndex("by_versionId", (q) => q.eq("versionId", versionId))
    .unique();
  return must(row, `program of version ${versionId}`).program;
}
