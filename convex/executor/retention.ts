/**
 * Deletes what was kept long enough: runs as their workflows say, and whatever else only adds up. A pass each hour, in
 * portions (`upkeep/passes.ts`).
 */
import { v } from "convex/values";
import { internalMutation } from "../functions";
import {
  removeLostFiles,
  removeOldJobs,
  removeOldKeys,
  removeOldStarts,
} from "./upkeep/leftovers";
import { removeOldEvents } from "./upkeep/oldEvents";
import { removeOldRuns } from "./upkeep/oldRuns";
import { removeGoneWorkflows, removeOldSnapshots } from "./upkeep/oldVersions";
import { beginPass, workPortion } from "./upkeep/passes";

/** In this order: what a phase leaves unused, a later one deletes. */
const PHASES = {
  runs: removeOldRuns,
  snapshots: removeOldSnapshots,
  workflows: removeGoneWorkflows,
  events: removeOldEvents,
  keys: removeOldKeys,
  jobs: removeOldJobs,
  starts: removeOldStarts,
  files: removeLostFiles,
};

/** As a command: `npx convex run executor/retention:sweep`. */
export const sweep = internalMutation({
  args: {},
  returns: v.null(),
  handler: async (ctx) => {
    await beginPass(ctx, "retention", PHASES);
    return null;
  },
});

export const work = internalMutation({
  args: { portion: v.number() },
  returns: v.null(),
  handler: async (ctx, { portion }) => {
    await workPortion(ctx, "retention", { portion, phases: PHASES });
    return null;
  },
});
