/** The large half of a version, kept apart because lists and most turns do not need it. */
import type { Id } from "../_generated/dataModel";
import { must } from "../errors";
import type { QueryCtx } from "../functions";
import type { Program } from "../language/graph";
import { Kept } from "./keptVersions";

const programs = new Kept<Program>(4 * 1024 * 1024);

export async function programOf(
  ctx: QueryCtx,
  versionId: Id<"workflowVersions">,
): Promise<Program> {
  const known = programs.get(versionId);
  if (known !== undefined) return known;
  const row = await ctx.db
    .query("workflowPrograms")
    .withIndex("by_versionId", (q) => q.eq("versionId", versionId))
    .unique();
  const { program } = must(row, `program of version ${versionId}`);
  programs.set(versionId, program, program.length);
  return program;
}
