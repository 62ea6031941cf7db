/** Workflows, as they cross the API. */
import { v, type Infer } from "convex/values";
import { vRunSummary } from "./runs";
import { vTrigger } from "./triggers";

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

/** How long runs are kept after their end. */
export const vRetention = v.union(
  v.object({ kind: v.literal("days"), days: v.number() }),
  v.object({ kind: v.literal("forever") }),
);
export type Retention = Infer<typeof vRetention>;

export const vDiagnostic = v.object({
  severity: v.union(v.literal("error"), v.literal("warning")),
  message: v.string(),
  line: v.number(),
  column: v.number(),
  endLine: v.number(),
  endColumn: v.number(),
});

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
