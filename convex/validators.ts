/**
 * The shapes that cross the API: what screens receive and functions accept. One place, so that code, tables, UI and
 * tests use the same words. Times are milliseconds since the epoch, durations end in `Ms`, sizes in `bytes`.
 */
import { v, type Infer } from "convex/values";

export const vRole = v.union(
  v.literal("owner"),
  v.literal("admin"),
  v.literal("editor"),
  v.literal("operator"),
  v.literal("approver"),
  v.literal("viewer"),
);
export type Role = Infer<typeof vRole>;

export const vWorkflowStatus = v.union(
  v.literal("draft"),
  v.literal("active"),
  v.literal("paused"),
  v.literal("archived"),
);
export type WorkflowStatus = Infer<typeof vWorkflowStatus>;

/** `holds`: triggers are queued until it is resumed; else they are refused. */
export const vPause = v.object({
  holds: v.boolean(),
  by: v.string(),
  at: v.number(),
});
export type Pause = Infer<typeof vPause>;

export const vTriggerKind = v.union(
  v.literal("manual"),
  v.literal("schedule"),
  v.literal("webhook"),
  v.literal("event"),
  v.literal("replay"),
  /** A `run` step of another run, which is its `parent`. */
  v.literal("workflow"),
);
export type TriggerKind = Infer<typeof vTriggerKind>;

/** What started a run, in words a person can read. `label`: "Ada", "every minute", "POST leads". */
export const vStartedBy = v.object({ kind: vTriggerKind, label: v.string() });
export type StartedBy = Infer<typeof vStartedBy>;

export const vStepKind = v.union(
  v.literal("code"),
  v.literal("http"),
  v.literal("action"),
  v.literal("condition"),
  v.literal("loop"),
  v.literal("delay"),
  v.literal("waitForEvent"),
  v.literal("approval"),
  v.literal("run"),
  v.literal("fail"),
  v.literal("switch"),
  v.literal("parallel"),
  /** A case of a switch or a branch of a parallel: the parent of the steps in it. */
  v.literal("branch"),
  v.literal("stop"),
  /** One pass of a loop: the parent of the steps in its body. */
  v.literal("iteration"),
);
export type StepExecutionKind = Infer<typeof vStepKind>;

export type StepError = {
  name: string;
  message: string;
  /** Machine-readable: `timeout`, `http_status`, `user_error`, `schema_mismatch`, `payload_too_large`, … */
  code: string;
  retryable: boolean;
  /** Positions in the user's own source at the version that ran; null when unknown, never guessed. */
  frames: { fn: string; line: number | null; column: number | null }[];
  http?: { method: string; url: string; status: number | null };
  cause?: { name: string; message: string };
};
export const vStepError = v.object({
  name: v.string(),
  message: v.string(),
  code: v.string(),
  retryable: v.boolean(),
  frames: v.array(
    v.object({
      fn: v.string(),
      line: v.union(v.number(), v.null()),
      column: v.union(v.number(), v.null()),
    }),
  ),
  http: v.optional(
    v.object({
      method: v.string(),
      url: v.string(),
      status: v.union(v.number(), v.null()),
    }),
  ),
  cause: v.optional(v.object({ name: v.string(), message: v.string() })),
});

/** First error of a run as lists show it. */
export const vErrorSummary = v.object({
  name: v.string(),
  message: v.string(),
  stepKey: v.union(v.string(), v.null()),
});

/** `match` is the start of the JSON text that the event's data must have; `until` is null when it waits for ever. */
const vEventWait = v.object({
  kind: v.literal("waiting"),
  for: v.literal("event"),
  event: v.string(),
  match: v.union(v.string(), v.null()),
  until: v.union(v.number(), v.null()),
});

const vApprovalWait = v.object({
  kind: v.literal("waiting"),
  for: v.literal("approval"),
  title: v.string(),
  until: v.union(v.number(), v.null()),
});

/** `workflow` is the slug of the one that runs inside. */
const vRunWait = v.object({
  kind: v.literal("waiting"),
  for: v.literal("run"),
  workflow: v.string(),
  until: v.union(v.number(), v.null()),
});

export const vRunState = v.union(
  v.object({ kind: v.literal("queued") }),
  v.object({
    kind: v.literal("running"),
    /** A replay from a step, before its first turn: how many steps it has taken over. */
    preparing: v.optional(v.object({ steps: v.number() })),
  }),
  v.object({
    kind: v.literal("waiting"),
    for: v.union(v.literal("delay"), v.literal("retry")),
    until: v.number(),
    stepKey: v.string(),
  }),
  v.object({ ...vEventWait.fields, stepKey: v.string() }),
  v.object({ ...vApprovalWait.fields, stepKey: v.string() }),
  v.object({ ...vRunWait.fields, stepKey: v.string() }),
  /** `stoppedBy`: the key of the stop step that ended the run. */
  v.object({
    kind: v.literal("completed"),
    stoppedBy: v.optional(v.string()),
  }),
  v.object({ kind: v.literal("failed"), error: vErrorSummary }),
  v.object({
    kind: v.literal("cancelled"),
    by: v.string(),
    /** One sentence, when it was not a person. */
    reason: v.optional(v.string()),
  }),
);
export type RunState = Infer<typeof vRunState>;
export type RunStatus = RunState["kind"];

export const vStepState = v.union(
  v.object({ kind: v.literal("pending") }),
  v.object({ kind: v.literal("running") }),
  v.object({
    kind: v.literal("waiting"),
    for: v.literal("delay"),
    until: v.number(),
  }),
  vEventWait,
  vApprovalWait,
  vRunWait,
  v.object({
    kind: v.literal("retrying"),
    nextRetryAt: v.number(),
    error: v.object({ name: v.string(), message: v.string() }),
  }),
  v.object({ kind: v.literal("completed") }),
  v.object({
    kind: v.literal("failed"),
    error: v.object({ name: v.string(), message: v.string() }),
  }),
  v.object({ kind: v.literal("skipped") }),
  v.object({ kind: v.literal("cancelled") }),
);
export type StepState = Infer<typeof vStepState>;
export type StepStatus = StepState["kind"];

/** A stored value, written once. A small one is `preview` itself (`id` is null); others are loaded when opened. */
export const vPayloadRef = v.object({
  id: v.union(v.id("payloads"), v.null()),
  bytes: v.number(),
  type: v.string(),
  preview: v.string(),
});

export const vSourceRange = v.object({
  line: v.number(),
  column: v.number(),
  endLine: v.number(),
  endColumn: v.number(),
});

export const vLoopCounts = v.object({
  total: v.union(v.number(), v.null()),
  completed: v.number(),
  failed: v.number(),
  running: v.number(),
});

/** Another run, as it is named to people. */
export const vRunRef = v.object({
  runId: v.id("workflowRuns"),
  number: v.number(),
});
export type RunRef = Infer<typeof vRunRef>;

/** The step that started a run, and whether it waits for the run's end. */
export const vParentRun = v.object({
  ...vRunRef.fields,
  workflowName: v.string(),
  workflowSlug: v.string(),
  stepKey: v.string(),
  waits: v.boolean(),
});

/** The run that an attempt of a step started. */
export const vChildRun = v.object({
  ...vRunRef.fields,
  workflowSlug: v.string(),
  attempt: v.number(),
});

/** `fromStep`: the key of the step that it begins at; the steps before it are reused. */
export const vReplayOf = v.object({
  ...vRunRef.fields,
  fromStep: v.optional(v.string()),
});

/** A part of what a replay from a step takes over; `executor/runSeeds.ts` says how. */
export const vSeedWork = v.union(
  v.object({
    kind: v.literal("tree"),
    key: v.string(),
    /** The last of its rows that was taken over; null: none yet. */
    after: v.union(v.string(), v.null()),
  }),
  v.object({
    kind: v.literal("iterations"),
    loop: v.string(),
    next: v.number(),
    until: v.number(),
  }),
  v.object({ kind: v.literal("branch"), key: v.string() }),
  v.object({ kind: v.literal("items"), loop: v.string(), next: v.number() }),
);
export type SeedWork = Infer<typeof vSeedWork>;

export const vRunStatus = v.union(
  v.literal("queued"),
  v.literal("running"),
  v.literal("waiting"),
  v.literal("completed"),
  v.literal("failed"),
  v.literal("cancelled"),
);

/** Which runs are meant; what is left out is not asked. Times are those at which a run was created. */
export const vRunFilter = v.object({
  workflowId: v.optional(v.id("workflows")),
  statuses: v.optional(v.array(vRunStatus)),
  version: v.optional(v.number()),
  from: v.optional(v.number()),
  to: v.optional(v.number()),
  /** Part of the error's code, name or message. */
  error: v.optional(v.string()),
});
export type RunFilter = Infer<typeof vRunFilter>;

export const vReplayVersion = v.union(
  v.literal("original"),
  v.literal("current"),
);
export type ReplayVersion = Infer<typeof vReplayVersion>;

/** A step that a replay reuses; `iterations`: so many of the loop it begins in. */
export const vReusedStep = v.object({
  key: v.string(),
  label: v.string(),
  kind: vStepKind,
  iterations: v.union(v.number(), v.null()),
});
export type ReusedStep = Infer<typeof vReusedStep>;

/** What others notice of a replay. `times`: how often it happened in the run; 0: the run did not come to it. */
export const vReplayEffect = v.object({
  path: v.string(),
  label: v.string(),
  kind: vStepKind,
  times: v.number(),
  isEstimate: v.boolean(),
});
export type ReplayEffect = Infer<typeof vReplayEffect>;

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

/** A piece of the sentence that says why a run is where it is; times are shown as the reader's own. */
export const vExplanationPart = v.union(
  v.object({ kind: v.literal("text"), text: v.string() }),
  v.object({ kind: v.literal("time"), at: v.number() }),
  v.object({
    kind: v.literal("run"),
    runId: v.id("workflowRuns"),
    number: v.number(),
  }),
);
export type ExplanationPart = Infer<typeof vExplanationPart>;

/** A row of the runs list and the head of the run page: small, no payloads. */
export const vRunSummary = v.object({
  _id: v.id("workflowRuns"),
  number: v.number(),
  workflowId: v.id("workflows"),
  workflowName: v.string(),
  workflowSlug: v.string(),
  versionId: v.id("workflowVersions"),
  versionNumber: v.number(),
  state: vRunState,
  startedBy: vStartedBy,
  createdAt: v.number(),
  startedAt: v.union(v.number(), v.null()),
  endedAt: v.union(v.number(), v.null()),
  replayOf: v.union(vReplayOf, v.null()),
  /** It ran a snapshot of the draft; `versionNumber` is 0 then. */
  isTest: v.optional(v.literal(true)),
  /** A test of this step alone. */
  onlyStep: v.optional(v.string()),
  parent: v.optional(vParentRun),
});
export type RunSummary = Infer<typeof vRunSummary>;

/** A row of the step tree: about 300 bytes, no bodies. */
export const vStepRow = v.object({
  _id: v.id("stepExecutions"),
  /** Path with iteration indexes: "notify[12]/mail". */
  key: v.string(),
  parentKey: v.union(v.string(), v.null()),
  /** Order among siblings, assigned when scheduled, never changed. */
  sequence: v.number(),
  kind: vStepKind,
  label: v.string(),
  state: vStepState,
  attempt: v.number(),
  maxAttempts: v.number(),
  createdAt: v.number(),
  startedAt: v.union(v.number(), v.null()),
  endedAt: v.union(v.number(), v.null()),
  source: v.union(vSourceRange, v.null()),
  input: v.union(vPayloadRef, v.null()),
  output: v.union(vPayloadRef, v.null()),
  loop: v.union(vLoopCounts, v.null()),
  /** Which branch a condition or a switch took, or which one won a race. */
  branch: v.union(v.string(), v.null()),
  /** The run that executed it, when this one only took it over. */
  reusedFrom: v.optional(vRunRef),
  /** Its output was given to the test run; it did nothing. */
  pinned: v.optional(v.literal(true)),
  /** `run` steps: the run of their last attempt, once it has started. */
  childRun: v.optional(vChildRun),
});
export type StepRow = Infer<typeof vStepRow>;

export const vLogLine = v.object({
  level: v.string(),
  at: v.number(),
  text: v.string(),
});
export type LogRow = Infer<typeof vLogLine>;

export const vAttemptRow = v.object({
  /** The step's own id when it has no attempt rows: the one attempt of a pure step. */
  _id: v.union(v.id("stepAttempts"), v.id("stepExecutions")),
  number: v.number(),
  status: v.union(
    v.literal("running"),
    v.literal("completed"),
    v.literal("failed"),
    v.literal("interrupted"),
    v.literal("cancelled"),
  ),
  startedAt: v.number(),
  endedAt: v.union(v.number(), v.null()),
  error: v.union(vStepError, v.null()),
  input: v.union(vPayloadRef, v.null()),
  output: v.union(vPayloadRef, v.null()),
});
export type AttemptRow = Infer<typeof vAttemptRow>;

export const vDiagnostic = v.object({
  severity: v.union(v.literal("error"), v.literal("warning")),
  message: v.string(),
  line: v.number(),
  column: v.number(),
  endLine: v.number(),
  endColumn: v.number(),
});

/** What a trigger does, as its row and the snapshots in versions keep it. */
export const vTriggerConfig = v.union(
  v.object({
    kind: v.literal("schedule"),
    cron: v.string(),
    timeZone: v.string(),
  }),
  v.object({ kind: v.literal("webhook"), name: v.string() }),
  v.object({ kind: v.literal("event"), event: v.string() }),
);
export const vTriggerSetting = v.object({
  enabled: v.boolean(),
  config: vTriggerConfig,
});
export type TriggerSetting = Infer<typeof vTriggerSetting>;

export const vTrigger = v.union(
  v.object({
    _id: v.id("triggers"),
    kind: v.literal("schedule"),
    enabled: v.boolean(),
    cron: v.string(),
    timeZone: v.string(),
    nextFireAt: v.union(v.number(), v.null()),
  }),
  v.object({
    _id: v.id("triggers"),
    kind: v.literal("webhook"),
    enabled: v.boolean(),
    name: v.string(),
    /** Full address, shown to editors and above; null for viewers. */
    url: v.union(v.string(), v.null()),
    lastDeliveryAt: v.union(v.number(), v.null()),
  }),
  v.object({
    _id: v.id("triggers"),
    kind: v.literal("event"),
    enabled: v.boolean(),
    /** Each event of this name starts a run, with its data as input. */
    event: v.string(),
  }),
);
export type Trigger = Infer<typeof vTrigger>;

/** A row of the workflows list. */
export const vWorkflowSummary = v.object({
  _id: v.id("workflows"),
  name: v.string(),
  slug: v.string(),
  description: v.string(),
  status: vWorkflowStatus,
  publishedVersion: v.union(
    v.object({ _id: v.id("workflowVersions"), number: v.number() }),
    v.null(),
  ),
  hasDraftChanges: v.boolean(),
  /** While it is paused. */
  pause: v.union(vPause, v.null()),
  triggers: v.array(vTrigger),
  lastRun: v.union(vRunSummary, v.null()),
  createdAt: v.number(),
});
export type WorkflowSummary = Infer<typeof vWorkflowSummary>;
