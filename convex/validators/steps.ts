/** Steps, their attempts and what they carry, as they cross the API. */
import { v, type Infer } from "convex/values";
import { vChildRun, vRunRef } from "./runRefs";

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
export type ErrorSummary = Infer<typeof vErrorSummary>;

/** `match` is the start of the JSON text that the event's data must have; `until` is null when it waits for ever. */
export const vEventWait = v.object({
  kind: v.literal("waiting"),
  for: v.literal("event"),
  event: v.string(),
  match: v.union(v.string(), v.null()),
  until: v.union(v.number(), v.null()),
});

export const vApprovalWait = v.object({
  kind: v.literal("waiting"),
  for: v.literal("approval"),
  title: v.string(),
  until: v.union(v.number(), v.null()),
});

/** `workflow` is the slug of the one that runs inside. */
export const vRunWait = v.object({
  kind: v.literal("waiting"),
  for: v.literal("run"),
  workflow: v.string(),
  until: v.union(v.number(), v.null()),
});

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

/** A row of the step tree: about 300 bytes, no bodies. */
export const vStepRow = v.object({
  /** Path with iteration indexes: "notify[12]/mail". It names the step within its run. */
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
  /** 1, 2, 3, … */
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
