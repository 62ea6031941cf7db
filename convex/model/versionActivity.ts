/** What versions are doing, from a bounded look at runs: nothing is counted when runs start or end. */
import { v, type Infer } from "convex/values";
import type { Doc, Id } from "../_generated/dataModel";
import type { QueryCtx } from "../functions";
import { vRunState } from "../validators/runs";

const MAX_RUNS = 200;
const MAX_ACTIVE = 500;

export const vVersionActivity = v.object({
  /** At most so many runs were looked at. */
  looked: v.number(),
  versions: v.array(
    v.object({
      versionId: v.id("workflowVersions"),
      /** Of the runs that were looked at. */
      runs: v.number(),
      failed: v.number(),
      lastRun: v.union(
        v.object({ _id: v.id("workflowRuns"), state: vRunState }),
        v.null(),
      ),
      /** Runs that have not ended. */
      active: v.number(),
    }),
  ),
});
type VersionActivity = Infer<typeof vVersionActivity>;
type Row = VersionActivity["versions"][number];

/** Nothing for null. */
export async function activityOf(
  ctx: QueryCtx,
  workflowId: Id<"workflows"> | null,
): Promise<VersionActivity> {
  if (workflowId === null) return { looked: 0, versions: [] };
  const recent = await ctx.db
    .query("workflowRuns")
    .withIndex("by_workflowId_and_isTest", (q) =>
      q.eq("workflowId", workflowId).eq("isTest", undefined),
    )
    .order("desc")
    .take(MAX_RUNS);
  const rows = new Map<Id<"workflowVersions">, Row>();
  for (const run of recent) {
    const row = rowOf(rows, run);
    row.runs += 1;
    row.failed += run.state.kind === "failed" ? 1 : 0;
    row.lastRun ??= { _id: run._id, state: run.state };
  }
  for (const run of await activeRuns(ctx, workflowId))
    rowOf(rows, run).active += 1;
  return { looked: recent.length, versions: [...rows.values()] };
}

function rowOf(
  rows: Map<Id<"workflowVersions">, Row>,
  { versionId }: Doc<"workflowRuns">,
): Row {
  const known = rows.get(versionId);
  if (known !== undefined) return known;
  const row = { versionId, runs: 0, failed: 0, lastRun: null, active: 0 };
  rows.set(versionId, row);
  return row;
}

async function activeRuns(
  ctx: QueryCtx,
  workflowId: Id<"workflows">,
): Promise<Doc<"workflowRuns">[]> {
  const found = await Promise.all(
    (["queued", "running", "waiting"] as const).map((kind) =>
      ctx.db
        .query("workflowRuns")
        .withIndex("by_workflowId_and_state", (q) =>
          q.eq("workflowId", workflowId).eq("state.kind", kind),
        )
        .take(MAX_ACTIVE),
    ),
  );
  return found.flat().filter(({ isTest }) => !isTest);
}
