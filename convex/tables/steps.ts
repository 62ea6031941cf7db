/** Steps of runs, and what they leave. */
import { defineTable } from "convex/server";
import { v } from "convex/values";
import { vChildRun, vRunRef } from "../validators/runRefs";
import {
  vLogLine,
  vLoopCounts,
  vPayloadRef,
  vSourceRange,
  vStepKind,
  vStepState,
} from "../validators/steps";
import { vErrorOrNull, vPayloadOrNull, vTimeOrNull } from "./columns";

export const stepsTables = {
  /** Writer: turns; `executor/claims.ts` when an attempt starts. */
  stepExecutions: defineTable({
    runId: v.id("workflowRuns"),
    key: v.string(),
    /** Fields that may be left out have a usual value: `model/stepFields.ts`. */
    parentKey: v.optional(v.union(v.string(), v.null())),
    /** The iteration around it ("" outside loops); for iterations their loop's key and "[]". */
    scope: v.string(),
    /** Order within the scope: position in the definition, or index of the iteration. */
    sequence: v.number(),
    kind: vStepKind,
    label: v.string(),
    state: vStepState,
    attempt: v.optional(v.number()),
    maxAttempts: v.optional(v.number()),
    /** Attempts that a dead worker left behind; they do not count against `maxAttempts`. */
    interrupted: v.optional(v.number()),
    createdAt: v.number(),
    startedAt: v.optional(vTimeOrNull),
    endedAt: v.optional(vTimeOrNull),
    /** Only in older rows: the run's version knows it (`model/stepRows.ts`). */
    source: v.optional(v.union(vSourceRange, v.null())),
    input: v.optional(vPayloadOrNull),
    output: v.optional(vPayloadOrNull),
    error: v.optional(vErrorOrNull),
    loop: v.optional(v.union(vLoopCounts, v.null())),
    branch: v.optional(v.union(v.string(), v.null())),
    /** The run that executed it, when this one took it over. */
    reusedFrom: v.optional(vRunRef),
    /** Its output was given to the test run; it did nothing. */
    pinned: v.optional(v.literal(true)),
    /** `run` steps: unset → set when the run of the attempt has started. */
    childRun: v.optional(vChildRun),
    /**
     * The row stands for the iterations of its loop from `sequence` up to but without `to`, and for all steps in them:
     * they began and completed in one turn. With the key "": for all steps in no loop of a run that was over in the turn
     * which began it. `steps` is text of `model/packedRows.ts`, which opens it.
     */
    packed: v.optional(v.object({ to: v.number(), steps: v.string() })),
  })
    .index("by_runId_and_key", ["runId", "key"])
    .index("by_runId_and_scope_and_sequence", ["runId", "scope", "sequence"])
    /** The key last, for what is active inside one container. */
    .index("by_runId_and_state", ["runId", "state.kind", "key"]),

  /**
   * Writer: `executor/effects/attempts.ts`. Attempts of effects. The only attempt of a step is its own row, unless it
   * failed or was interrupted.
   */
  stepAttempts: defineTable({
    stepId: v.id("stepExecutions"),
    number: v.number(),
    status: v.union(
      v.literal("running"),
      v.literal("completed"),
      v.literal("failed"),
      v.literal("interrupted"),
      v.literal("cancelled"),
    ),
    startedAt: v.number(),
    endedAt: vTimeOrNull,
    error: vErrorOrNull,
    input: vPayloadOrNull,
    output: vPayloadOrNull,
    /** Only in rows older than `stepLogs`. */
    logs: v.optional(v.array(vLogLine)),
  }).index("by_stepId_and_number", ["stepId", "number"]),

  /** Writer: `executor/stepOutput.ts`. What attempts log, in chunks: append-only, the lines before `next`. */
  stepLogs: defineTable({
    runId: v.id("workflowRuns"),
    stepId: v.id("stepExecutions"),
    attempt: v.number(),
    next: v.number(),
    /** Characters of the whole log so far. */
    size: v.number(),
    /** There was more than an attempt may log: nothing follows. */
    isCut: v.boolean(),
    lines: v.array(vLogLine),
  })
    .index("by_stepId_and_attempt_and_next", ["stepId", "attempt", "next"])
    .index("by_runId", ["runId"]),

  /** Writer: `executor/stepOutput.ts`. What actions stream, in chunks: append-only, the characters before `next`. */
  stepStreams: defineTable({
    runId: v.id("workflowRuns"),
    stepId: v.id("stepExecutions"),
    attempt: v.number(),
    next: v.number(),
    isCut: v.boolean(),
    text: v.string(),
  })
    .index("by_stepId_and_attempt_and_next", ["stepId", "attempt", "next"])
    .index("by_runId", ["runId"]),

  /**
   * Writer: `executor/loopItems.ts`. Items of `each` loops in chunks of 100: an iteration reads its chunk only (E7).
   * The results of long loops too, as chunks of `notify[]`.
   */
  loopItems: defineTable({
    runId: v.id("workflowRuns"),
    loopKey: v.string(),
    chunk: v.number(),
    items: vPayloadRef,
  }).index("by_runId_and_loopKey_and_chunk", ["runId", "loopKey", "chunk"]),

  /** Writer: `model/payloads.ts`. Written once (E9). */
  payloads: defineTable({
    runId: v.id("workflowRuns"),
    body: v.union(
      v.object({ kind: v.literal("inline"), json: v.string() }),
      v.object({
        kind: v.literal("file"),
        storageId: v.id("_storage"),
        bytes: v.number(),
      }),
    ),
  })
    .index("by_runId", ["runId"])
    .index("by_storageId", ["body.storageId"]),
};
