/** The same done to many runs, as it crosses the API. */
import { v, type Infer } from "convex/values";
import { vReplayVersion } from "./replays";
import { vRunRef } from "./runRefs";

/** What a bulk job does to each of its runs. */
export const vBulkAction = v.union(
  v.object({ kind: v.literal("cancel") }),
  v.object({ kind: v.literal("replay"), version: vReplayVersion }),
);
export type BulkAction = Infer<typeof vBulkAction>;

export const vBulkState = v.union(
  v.object({ kind: v.literal("running") }),
  v.object({ kind: v.literal("completed") }),
  /** `reason`: a sentence. */
  v.object({ kind: v.literal("stopped"), reason: v.string() }),
);

/** Why a run could not be cancelled or replayed. */
export const vBulkFailure = v.object({
  ...vRunRef.fields,
  message: v.string(),
});

/** A job as people see it. */
export const vBulkJob = v.object({
  _id: v.id("bulkJobs"),
  action: vBulkAction,
  state: vBulkState,
  startedBy: v.string(),
  createdAt: v.number(),
  endedAt: v.union(v.number(), v.null()),
  /** How many runs the server counted before it began; newer and changed ones make it a little wrong. */
  expected: v.number(),
  done: v.number(),
  /** Runs that had ended already, or for a replay had not. */
  skipped: v.number(),
  failed: v.number(),
  /** The first 100 of those that failed. */
  failures: v.array(vBulkFailure),
});
export type BulkJob = Infer<typeof vBulkJob>;
