/** How one run names another. */
import { v, type Infer } from "convex/values";

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

/** `fromStep`: the key of the step that it begins at; the steps before it are reused. `isEdited`: it has another input. */
export const vReplayOf = v.object({
  ...vRunRef.fields,
  fromStep: v.optional(v.string()),
  isEdited: v.optional(v.literal(true)),
});
export type ReplayOf = Infer<typeof vReplayOf>;
