/** What decides when a run begins. */
import { defineTable } from "convex/server";
import { v } from "convex/values";
import { vTimeOrNull } from "./columns";

export const queueTables = {
  /**
   * Writer: `executor/runSeats.ts`, `executor/admission.ts`. Runs whose start is limited, from their start to their end:
   * who waits for what, and who takes up room. Runs of plain workflows have none.
   */
  runSeats: defineTable({
    organizationId: v.id("organizations"),
    workflowId: v.id("workflows"),
    runId: v.id("workflowRuns"),
    /** What its concurrency limit is for; "" without a key. */
    laneKey: v.string(),
    /** What its rate limit is for; "" without a key. */
    rateKey: v.string(),
    /** One of `STAGE`, in order. */
    stage: v.number(),
    /** The priority with its sign turned, so that the best comes first. */
    rank: v.number(),
    /** When it joined the queue: the order among equals. */
    since: v.number(),
    /** Since when it is at its stage; while it is debounced, until when. */
    movedAt: v.number(),
    /** The time that the first of those who wait for the rate has a timer for. */
    wakeAt: vTimeOrNull,
    /** null → "" or a key while it is debounced. */
    debounceKey: v.union(v.string(), v.null()),
    debounce: v.union(
      v.object({
        dueAt: v.number(),
        firstAt: v.number(),
        triggers: v.number(),
      }),
      v.null(),
    ),
  })
    .index("by_lane", ["workflowId", "laneKey", "stage", "rank", "since"])
    .index("by_rate", ["workflowId", "rateKey", "stage", "rank", "since"])
    .index("by_organizationId_and_stage", [
      "organizationId",
      "stage",
      "rank",
      "since",
    ])
    .index("by_workflowId_and_debounceKey", ["workflowId", "debounceKey"])
    .index("by_stage_and_workflowId", ["stage", "workflowId"])
    .index("by_stage_and_movedAt", ["stage", "movedAt"]),

  /** Writer: `executor/runSeats.ts`. Starts that count against a rate limit, for as long as its period. */
  rateStarts: defineTable({
    workflowId: v.id("workflows"),
    rateKey: v.string(),
    at: v.number(),
  })
    .index("by_workflowId_and_rateKey_and_at", ["workflowId", "rateKey", "at"])
    .index("by_workflowId_and_at", ["workflowId", "at"]),

  /** Writer: `executor/idempotency.ts`. */
  runKeys: defineTable({
    workflowId: v.id("workflows"),
    key: v.string(),
    runId: v.id("workflowRuns"),
    number: v.number(),
    expiresAt: v.number(),
  })
    .index("by_workflowId_and_key", ["workflowId", "key"])
    .index("by_expiresAt", ["expiresAt"]),
};
