/** What cleans and checks the whole database. */
import { defineTable } from "convex/server";
import { v } from "convex/values";
import { vPassName, vPlace } from "../validators/upkeep";
import { vTimeOrNull } from "./columns";

export const upkeepTables = {
  /** Writer: `executor/upkeep/runRemovals.ts`. Runs that are gone for everybody while rows of theirs are left. */
  runRemovals: defineTable({
    runId: v.id("workflowRuns"),
    /** null: only rows were found, and no run. */
    organizationId: v.union(v.id("organizations"), v.null()),
  }).index("by_runId", ["runId"]),

  /** Writer: `executor/upkeep/passes.ts`. One for each name: the pass under way, or the last one. */
  passes: defineTable({
    name: vPassName,
    startedAt: v.number(),
    /** null while it is under way. */
    endedAt: vTimeOrNull,
    place: vPlace,
    /** Portions done. Each portion names the one it follows, so that none is done twice. */
    portion: v.number(),
    portionAt: v.number(),
    /** How often this portion had to be asked for again. */
    repairs: v.number(),
    /** What the pass has done or found so far, by name. */
    counts: v.record(v.string(), v.number()),
    /** Stored files that are older have been looked at. */
    filesSeen: v.number(),
  }).index("by_name", ["name"]),
};
