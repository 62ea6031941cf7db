/** What workers do and have in hand. */
import { defineTable } from "convex/server";
import { v } from "convex/values";
import { vPayloadRef } from "../validators/steps";

export const workTables = {
  /** Writer: `executor/tasks.ts`, `executor/claims.ts`. Effects ready or in flight; removed with their report. */
  tasks: defineTable({
    organizationId: v.id("organizations"),
    runId: v.id("workflowRuns"),
    versionId: v.id("workflowVersions"),
    stepId: v.id("stepExecutions"),
    stepKey: v.string(),
    kind: v.union(v.literal("http"), v.literal("action")),
    attempt: v.number(),
    slot: v.number(),
    /** The order of claims: when it became ready, moved forward or back by the priority of its run. */
    readyAt: v.number(),
    /** null → the generation of the worker that claimed it. */
    claimedBy: v.union(v.number(), v.null()),
    /** Of the claim; null before it, and when the attempt has no row. */
    attemptId: v.optional(v.union(v.id("stepAttempts"), v.null())),
    /** The request, or the scope of action code. */
    request: vPayloadRef,
    timeoutMs: v.number(),
    /** `httpOptionsOf` of the step; null for other kinds. */
    httpOptions: v.union(v.string(), v.null()),
    /** The number of the run's next event, if nobody logs before the task is claimed or reported (`runs/eventLog.ts`). */
    nextEvent: v.optional(v.number()),
    /** Of its run when it became ready: the values that are to be hidden, beside those that the effect asks for. */
    secretNames: v.optional(v.array(v.string())),
  })
    .index("by_slot_and_claimedBy_and_readyAt", [
      "slot",
      "claimedBy",
      "readyAt",
    ])
    .index("by_runId_and_stepId", ["runId", "stepId"]),

  /** Writer: `executor/slots.ts`. The lanes of the worker pool, each with at most one worker. */
  workerSlots: defineTable({
    slot: v.number(),
    /** Moves on with every new worker, so that a late report is known (E2). */
    generation: v.number(),
    state: v.union(
      v.object({ kind: v.literal("idle") }),
      v.object({ kind: v.literal("running"), leaseExpiresAt: v.number() }),
    ),
    /** A `checkLease` is scheduled for then: one for the slot, however many workers follow each other. */
    watchedUntil: v.optional(v.number()),
  })
    .index("by_slot", ["slot"])
    .index("by_state", ["state.kind"]),
};
