/** The row that counts the runs of a workflow. */
import type { Doc, Id } from "../_generated/dataModel";
import type { QueryCtx } from "../functions";
import { FoundRows } from "./foundRows";

const counters = new FoundRows<Doc<"runCounters">>();

/** Null before the first run of the workflow. */
export async function findCounter(
  { db }: QueryCtx,
  workflowId: Id<"workflows">,
): Promise<Doc<"runCounters"> | null> {
  return await counters.find(workflowId, {
    get: (id) => db.get("runCounters", id),
    isIt: (row) => row.workflowId === workflowId,
    look: () =>
      db
        .query("runCounters")
        .withIndex("by_workflowId", (q) => q.eq("workflowId", workflowId))
        .unique(),
  });
}
