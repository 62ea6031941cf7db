/**
 * Every table, with the one module that writes it. Hot rows (lists, trees, the executor) are small; bodies live in
 * `payloads`, `workflowDrafts` and `workflowPrograms`.
 */
import { authTables } from "@convex-dev/auth/server";
import { defineSchema, defineTable } from "convex/server";
import { v } from "convex/values";
import {
  vBulkAction,
  vBulkFailure,
  vBulkState,
  vChildRun,
  vDiagnostic,
  vLogLine,
  vLoopCounts,
  vPause,
  vParentRun,
  vPayloadRef,
  vReplayOf,
  vRole,
  vRunFilter,
  vRunRef,
  vRunState,
  vSeedWork,
  vSourceRange,
  vStartedBy,
  vStepError,
  vStepKind,
  vStepState,
  vTriggerConfig,
  vTriggerSetting,
  vWorkflowStatus,
} from "./validators";

const vErrorOrNull = v.union(vStepError, v.null());
const vPayloadOrNull = v.union(vPayloadRef, v.null());
const vTimeOrNull = v.union(v.number(), v.null());

export default defineSchema({
  /** users, authSessions, …: written by `auth.ts` (Convex Auth). */
  ...authTables,

  /** Writer: `model/organizations.ts`. */
  organizations: defineTable({
    name: v.string(),
    slug: v.string(),
    /** Runs at once, of all its workflows; as many as come when it is not set. */
    runConcurrency: v.optional(v.number()),
  }).index("by_slug", ["slug"]),

  /** Writer: `model/organizations.ts`. */
  memberships: defineTable({
    organizationId: v.id("organizations"),
    userId: v.id("users"),
    role: vRole,
  })
    .index("by_userId_and_organizationId", ["userId", "organizationId"])
    .index("by_organizationId", ["organizationId"]),

  /** Writer: `executor/newRun.ts`. The last run number of each workflow. */
  runCounters: defineTable({
    workflowId: v.id("workflows"),
    last: v.number(),
  }).index("by_workflowId", ["workflowId"]),

  /** Writer: `model/workflows.ts`. Removed workflows leave; their runs keep the name they ran under. */
  workflows: defineTable({
    organizationId: v.id("organizations"),
    name: v.string(),
    slug: v.string(),
    description: v.string(),
    status: vWorkflowStatus,
    publishedVersion: v.union(
      v.object({ _id: v.id("workflowVersions"), number: v.number() }),
      v.null(),
    ),
    hasDraftChanges: v.boolean(),
    sampleInput: v.union(v.string(), v.null()),
    /** Set while it is paused. */
    pause: v.optional(vPause),
    /** Set while its organization limits how many runs go at once, so that starts need not read the organization. */
    sharesRoom: v.optional(v.literal(true)),
  })
    .index("by_organizationId", ["organizationId"])
    .index("by_organizationId_and_slug", ["organizationId", "slug"]),

  /** Writer: `model/workflows.ts`. What the editor shows; one for each workflow. */
  workflowDrafts: defineTable({
    workflowId: v.id("workflows"),
    source: v.string(),
    updatedAt: v.number(),
    diagnostics: v.array(vDiagnostic),
    /** JSON text; null when the draft does not compile or takes no input. */
    inputSchema: v.union(v.string(), v.null()),
  }).index("by_workflowId", ["workflowId"]),

  /** Writer: `model/versions.ts`. Never changed (E8). */
  workflowVersions: defineTable({
    organizationId: v.id("organizations"),
    workflowId: v.id("workflows"),
    /** From 1; 0 for snapshots of the draft that test runs saw. */
    number: v.number(),
    /** JSON text of `Graph`. */
    graph: v.string(),
    inputSchema: v.union(v.string(), v.null()),
    authorName: v.string(),
    note: v.string(),
    /** The triggers of the workflow when it was published; missing in versions from before this was kept. */
    triggers: v.optional(v.array(vTriggerSetting)),
    /** JSON text of `FlowControl`: what limits the starts of runs; not set when nothing does. */
    flow: v.optional(v.string()),
  }).index("by_workflowId_and_number", ["workflowId", "number"]),

  /** Writer: `model/rollBacks.ts`. Each time an older version was made the current one again. */
  versionRollBacks: defineTable({
    workflowId: v.id("workflows"),
    versionId: v.id("workflowVersions"),
    fromNumber: v.number(),
    by: v.string(),
    note: v.string(),
  }).index("by_versionId", ["versionId"]),

  /** Writer: `model/keptDrafts.ts`. Drafts that something else took the place of; the last 20 of each workflow. */
  keptDrafts: defineTable({
    organizationId: v.id("organizations"),
    workflowId: v.id("workflows"),
    source: v.string(),
    /** What took its place: "version 12". */
    replacedBy: v.string(),
    by: v.string(),
  }).index("by_workflowId", ["workflowId"]),

  /** Writer: `model/versions.ts`. The large half of a version, never changed. */
  workflowPrograms: defineTable({
    versionId: v.id("workflowVersions"),
    source: v.string(),
    program: v.string(),
  }).index("by_versionId", ["versionId"]),

  /** Writer: `model/triggers.ts`. */
  triggers: defineTable({
    organizationId: v.id("organizations"),
    workflowId: v.id("workflows"),
    enabled: v.boolean(),
    config: vTriggerConfig,
    /** Schedules only: set while enabled, null otherwise. */
    nextFireAt: v.union(v.number(), v.null()),
  })
    .index("by_workflowId", ["workflowId"])
    .index("by_organizationId_and_event", ["organizationId", "config.event"])
    .index("by_nextFireAt", ["nextFireAt"]),

  /**
   * Writer: `model/triggers.ts`. The token is kept beside its hash because editors must be able to see the address
   * again; lookups go by the hash, so that no comparison of the token itself can leak it by timing.
   */
  webhookEndpoints: defineTable({
    triggerId: v.id("triggers"),
    token: v.string(),
    tokenHash: v.string(),
    lastDeliveryAt: v.union(v.number(), v.null()),
  })
    .index("by_tokenHash", ["tokenHash"])
    .index("by_triggerId", ["triggerId"]),

  /**
   * Writer: `executor/newRun.ts` inserts; after that only turns (E1), but for a run that is still being debounced
   * (`executor/admission.ts`).
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
    /** null → set when failed. */
    error: vErrorOrNull,
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
  }).index("by_workflowId_and_rateKey_and_at", ["workflowId", "rateKey", "at"]),

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

  /** Writer: turns; `executor/claims.ts` when an attempt starts. */
  stepExecutions: defineTable({
    runId: v.id("workflowRuns"),
    key: v.string(),
    parentKey: v.union(v.string(), v.null()),
    /** The iteration around it ("" outside loops); for iterations their loop's key and "[]". */
    scope: v.string(),
    /** Order within the scope: position in the definition, or index of the iteration. */
    sequence: v.number(),
    kind: vStepKind,
    label: v.string(),
    state: vStepState,
    attempt: v.number(),
    maxAttempts: v.number(),
    /** Attempts that a dead worker left behind; they do not count against `maxAttempts`. */
    interrupted: v.number(),
    createdAt: v.number(),
    startedAt: vTimeOrNull,
    endedAt: vTimeOrNull,
    source: v.union(vSourceRange, v.null()),
    input: vPayloadOrNull,
    output: vPayloadOrNull,
    error: vErrorOrNull,
    loop: v.union(vLoopCounts, v.null()),
    branch: v.union(v.string(), v.null()),
    /** The run that executed it, when this one took it over. */
    reusedFrom: v.optional(vRunRef),
    /** Its output was given to the test run; it did nothing. */
    pinned: v.optional(v.literal(true)),
    /** `run` steps: unset → set when the run of the attempt has started. */
    childRun: v.optional(vChildRun),
  })
    .index("by_runId_and_key", ["runId", "key"])
    .index("by_runId_and_scope_and_sequence", ["runId", "scope", "sequence"])
    /** The key last, for what is active inside one container. */
    .index("by_runId_and_state", ["runId", "state.kind", "key"]),

  /**
   * Writer: `executor/attempts.ts`. Attempts of effects; the one attempt of a pure step is its own row.
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
    /** The request, or the scope of action code. */
    request: vPayloadRef,
    timeoutMs: v.number(),
    /** `httpOptionsOf` of the step; null for other kinds. */
    httpOptions: v.union(v.string(), v.null()),
  })
    .index("by_slot_and_claimedBy_and_readyAt", [
      "slot",
      "claimedBy",
      "readyAt",
    ])
    .index("by_runId", ["runId"])
    .index("by_stepId", ["stepId"]),

  /** Writer: `executor/runEndings.ts`. Runs that have ended while more was active in them than one transaction ends. */
  runEndings: defineTable({ runId: v.id("workflowRuns") }).index("by_runId", [
    "runId",
  ]),

  /** Writer: `executor/slots.ts`. The lanes of the worker pool, each with at most one worker. */
  workerSlots: defineTable({
    slot: v.number(),
    /** Moves on with every new worker, so that a late report is known (E2). */
    generation: v.number(),
    state: v.union(
      v.object({ kind: v.literal("idle") }),
      v.object({ kind: v.literal("running"), leaseExpiresAt: v.number() }),
    ),
  })
    .index("by_slot", ["slot"])
    .index("by_state", ["state.kind"]),

  /**
   * Writer: `executor/eventWaits.ts`. Steps that wait for an event. `matchField` and `matchValue` are one field of what
   * the data must have, so that an event finds its waits by index ("" when there is none).
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
    .index("by_organizationId_and_key", ["organizationId", "key"]),

  /** Writer: `executor/eventWaits.ts`. The events that a run has taken, each by one step and once. */
  eventMailbox: defineTable({
    runId: v.id("workflowRuns"),
    eventId: v.id("events"),
    takenBy: v.string(),
  }).index("by_runId_and_eventId", ["runId", "eventId"]),

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
  }).index("by_runId", ["runId"]),

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

  /** Writer: `model/secrets.ts`. AES-256-GCM under `SECRETS_KEY`. */
  secrets: defineTable({
    organizationId: v.id("organizations"),
    name: v.string(),
    /** First 8 characters of the SHA-256 of the key it was encrypted under, for rotation. */
    keyId: v.string(),
    iv: v.string(),
    ciphertext: v.string(),
    updatedAt: v.number(),
  }).index("by_organizationId_and_name", ["organizationId", "name"]),
});
