/** What runs wait for. */
import { defineTable } from "convex/server";
import { v } from "convex/values";
import { vLookBackCursor } from "../validators/waits";
import { vTimeOrNull } from "./columns";

export const waitsTables = {
  /**
   * Writers: `executor/waits/eventWaits.ts`; `mailbox.ts` and `lookBack.ts` beside it. Steps that wait for an event.
   * `matchField` and `matchValue` are one field of what the data must have, so that an event finds its waits by index (""
   * when there is none).
   */
  openWaits: defineTable({
    organizationId: v.id("organizations"),
    runId: v.id("workflowRuns"),
    stepKey: v.string(),
    event: v.string(),
    /** JSON text; null: any data. */
    match: v.union(v.string(), v.null()),
    matchField: v.string(),
    matchValue: v.string(),
    /** null → the event that it got, on its way to the run. */
    eventId: v.union(v.id("events"), v.null()),
    matchedAt: vTimeOrNull,
    /**
     * Unset unless it opened after more events than one transaction looks at → where that goes on, since when → unset when
     * it got one or has seen them all.
     */
    lookBack: v.optional(v.object({ from: vLookBackCursor, at: v.number() })),
  })
    .index("by_runId_and_stepKey", ["runId", "stepKey"])
    .index("by_match", [
      "organizationId",
      "event",
      "eventId",
      "matchField",
      "matchValue",
    ]),

  /**
   * Writers: `executor/approvalRequests.ts` asks and withdraws, `executor/approvals.ts` writes votes and outcome. One for
   * each approval step that was reached; it stays when it is decided.
   */
  approvals: defineTable({
    organizationId: v.id("organizations"),
    runId: v.id("workflowRuns"),
    stepKey: v.string(),
    title: v.string(),
    /** JSON text. */
    details: v.union(v.string(), v.null()),
    /** JSON text of a JSON Schema. */
    formSchema: v.union(v.string(), v.null()),
    /** Roles and e-mail addresses; null: everybody who may decide. */
    approvers: v.union(v.array(v.string()), v.null()),
    quorum: v.number(),
    until: vTimeOrNull,
    votes: v.array(
      v.object({
        userId: v.id("users"),
        by: v.string(),
        approved: v.boolean(),
        note: v.string(),
        /** JSON text. */
        values: v.string(),
        at: v.number(),
      }),
    ),
    /** null → decided once. */
    outcome: v.union(
      v.literal("approved"),
      v.literal("rejected"),
      v.literal("timeout"),
      v.literal("cancelled"),
      v.null(),
    ),
    /** Set with the outcome. */
    decidedAt: vTimeOrNull,
  })
    .index("by_runId_and_stepKey", ["runId", "stepKey"])
    .index("by_runId_and_outcome", ["runId", "outcome"])
    .index("by_organizationId_and_decidedAt_and_until", [
      "organizationId",
      "decidedAt",
      "until",
    ]),

  /** Writer: `model/events.ts`. Stored before anything looks at them, and never changed. */
  events: defineTable({
    organizationId: v.id("organizations"),
    /** Set when it was sent to one run only. */
    runId: v.union(v.id("workflowRuns"), v.null()),
    name: v.string(),
    /** JSON text of at most 64 KiB. */
    data: v.string(),
    /** The sender's own name for it: a second one is not stored again. */
    key: v.union(v.string(), v.null()),
    sentBy: v.string(),
  })
    .index("by_organizationId_and_runId_and_name", [
      "organizationId",
      "runId",
      "name",
    ])
    .index("by_organizationId_and_runId", ["organizationId", "runId"])
    .index("by_organizationId_and_key", ["organizationId", "key"]),

  /**
   * Writer: `executor/waits/eventSearches.ts`. Events that have not come to all open waits yet, because these are more than
   * one transaction goes through, or because a step gave its event back; removed with the last of them.
   */
  eventSearches: defineTable({
    eventId: v.id("events"),
    /** Where it goes on: in the waits on one field, behind this time; null: at the first. */
    from: v.union(v.object({ field: v.string(), after: v.number() }), v.null()),
    /** Of the last part, or of the last time that the sweep asked for the next. */
    at: v.number(),
    /** How often the sweep asked for this part. */
    tries: v.number(),
  }).index("by_at", ["at"]),

  /** Writer: `executor/waits/mailbox.ts`. The events that a run has taken, each by one step and once. */
  eventMailbox: defineTable({
    runId: v.id("workflowRuns"),
    eventId: v.id("events"),
    takenBy: v.string(),
  })
    .index("by_runId_and_eventId", ["runId", "eventId"])
    .index("by_eventId", ["eventId"]),
};
