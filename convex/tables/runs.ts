/** Runs: one row each that lists and screens read, and what belongs to a run alone. */
import { defineTable } from "convex/server";
import { v } from "convex/values";
import { vBulkAction, vBulkFailure, vBulkState } from "../validators/bulkJobs";
import { vSeedWork } from "../validators/replays";
import { vParentRun, vReplayOf } from "../validators/runRefs";
import { vRunFilter, vRunState } from "../validators/runs";
import { vErrorSummary, vPayloadRef } from "../validators/steps";
import { vStartedBy } from "../validators/triggers";
import { vErrorOrNull, vPayloadOrNull, vTimeOrNull } from "./columns";

export const runsTables = {
  /**
   * Writer: `executor/newRun.ts` inserts; after that only turns (E1), but for a run that is still being debounced
   * (`executor/admission.ts`). `executor/upkeep/runRemovals.ts` deletes.
   */
  workflowRuns: defineTable({
    organizationId: v.id("organizations"),
    number: v.number(),
    workflowId: v.id("workflows"),
    workflowName: v.string(),
    workflowSlug: v.string(),
    versionId: v.id("workflowVersions"),
    versionNumber: v.number(),
    state: vRunState,
    startedBy: vStartedBy,
    createdAt: v.number(),
    startedAt: vTimeOrNull,
    endedAt: vTimeOrNull,
    replayOf: v.union(vReplayOf, v.null()),
    /** It runs a snapshot of the draft (`model/versions.ts`). */
    isTest: v.optional(v.literal(true)),
    /** A test with `pinnedOutputs`. */
    hasPins: v.optional(v.literal(true)),
    /** A test of this step alone: its key. */
    onlyStep: v.optional(v.string()),
    /** Above 0: starts before others, and its effects are sent before others'. Not set: 0. */
    priority: v.optional(v.number()),
    /** Only runs whose start is limited: their row in `runSeats`, which goes with the end of the run. */
    seatId: v.optional(v.id("runSeats")),
    /** Runs that a `run` step of another run started; `depth` counts the runs around it. */
    parent: v.optional(vParentRun),
    depth: v.optional(v.number()),
    /** The lane of the worker pool that executes its effects. */
    slot: v.number(),
    /** null only inside the transaction that starts the run. */
    input: vPayloadOrNull,
    /** null → set when completed. */
    output: vPayloadOrNull,
    /** null → set when its failure is decided. */
    error: vErrorOrNull,
    /** Unset → set when its failure is decided and its `onFailure` runs before it ends as failed. */
    failing: v.optional(vErrorSummary),
    /** Step executions that its loops have begun, or will (`executor/flow/stepLimit.ts`); not set: it came to none. */
    planned: v.optional(v.number()),
    /** Secrets that its effects have asked for (`executor/effects/usedSecrets.ts`); not set: none. */
    secretNames: v.optional(v.array(v.string())),
    /** Writers: turns and claims. Not set: who has logged knew the next number of its history (`executor/runs/eventLog.ts`). */
    isLogShared: v.optional(v.literal(true)),
    /** Writer: `executor/repairs.ts`, not turns. What did not happen, and how often it was tried again. */
    stalled: v.optional(v.object({ what: v.string(), tries: v.number() })),
    /** Work that a turn left to its continuation when its budget ran out; empty otherwise. */
    backlog: v.array(
      v.object({
        do: v.union(
          v.literal("start"),
          v.literal("advance"),
          v.literal("cancel"),
        ),
        key: v.string(),
      }),
    ),
  })
    .index("by_organizationId", ["organizationId"])
    .index("by_organizationId_and_state", ["organizationId", "state.kind"])
    .index("by_organizationId_and_isTest", ["organizationId", "isTest"])
    .index("by_workflowId", ["workflowId"])
    .index("by_workflowId_and_isTest", ["workflowId", "isTest"])
    .index("by_workflowId_and_state", ["workflowId", "state.kind"])
    .index("by_state", ["state.kind"]),

  /**
   * Writer: `executor/eventLog.ts`. The history of runs (`runHistory.ts`), numbered without holes: a row holds the events
   * of one transaction, those before `next`.
   */
  runEvents: defineTable({
    runId: v.id("workflowRuns"),
    next: v.number(),
    at: v.number(),
    /** JSON text of `RunEvent[]`. */
    events: v.string(),
  }).index("by_runId_and_next", ["runId", "next"]),

  /** Writer: `executor/runEndings.ts`. Runs that have ended while more was active in them than one transaction ends. */
  runEndings: defineTable({ runId: v.id("workflowRuns") }).index("by_runId", [
    "runId",
  ]),

  /**
   * Writer: `executor/runSeeds.ts`. What a replay from a step still has to take over before its first turn; removed with
   * the last of it.
   */
  runSeeds: defineTable({
    runId: v.id("workflowRuns"),
    sourceId: v.id("workflowRuns"),
    /** Where the new run begins. */
    key: v.string(),
    /** Portions done. Each portion names the one it follows, so that none is taken over twice. */
    portion: v.number(),
    portionAt: v.number(),
    todo: v.array(vSeedWork),
    /** The loops around `key`: how many of their iterations were taken over. */
    loops: v.array(
      v.object({ key: v.string(), completed: v.number(), failed: v.number() }),
    ),
    /** Iterations and branches beside the way that had not ended well: they run from their beginning. */
    anew: v.array(v.string()),
  })
    .index("by_runId", ["runId"])
    .index("by_sourceId", ["sourceId"]),

  /** Writers: `bulkJobs.ts` starts and stops, `executor/bulkWork.ts` goes through the runs. */
  bulkJobs: defineTable({
    organizationId: v.id("organizations"),
    userId: v.id("users"),
    startedBy: v.string(),
    action: vBulkAction,
    /** null: only the runs in `queue`. */
    filter: v.union(vRunFilter, v.null()),
    /** Runs that are newer are not meant. */
    until: v.number(),
    state: vBulkState,
    endedAt: vTimeOrNull,
    expected: v.number(),
    done: v.number(),
    skipped: v.number(),
    failed: v.number(),
    failures: v.array(vBulkFailure),
    /** Runs that were found and not yet handled. */
    queue: v.array(v.id("workflowRuns")),
    /** Where the search for more goes on; null: from the beginning, or nowhere when `isSearched`. */
    cursor: v.union(v.string(), v.null()),
    isSearched: v.boolean(),
    /** Portions done: each names the one it follows, so that no run is handled twice. */
    portion: v.number(),
    portionAt: v.number(),
    /** How often the audit had to ask for this portion. */
    repairs: v.number(),
  })
    .index("by_organizationId", ["organizationId"])
    .index("by_state", ["state.kind"]),

  /** Writer: `executor/pins.ts`. What steps of a test run complete with; the pattern is a key, or has `[]` for each index. */
  pinnedOutputs: defineTable({
    runId: v.id("workflowRuns"),
    pattern: v.string(),
    output: vPayloadRef,
  }).index("by_runId_and_pattern", ["runId", "pattern"]),
};
