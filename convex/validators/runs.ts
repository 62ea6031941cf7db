/** Runs, as they cross the API. */
import { v, type Infer } from "convex/values";
import { vParentRun, vReplayOf } from "./runRefs";
import { vApprovalWait, vErrorSummary, vEventWait, vRunWait } from "./steps";
import { vStartedBy } from "./triggers";

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
  /** Why it has failed or is about to end as failed: its workflow's `onFailure` runs, or ran. */
  failing: v.optional(vErrorSummary),
});
export type RunSummary = Infer<typeof vRunSummary>;
