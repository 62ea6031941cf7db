/** Runs made from earlier runs, as they cross the API. */
import { v, type Infer } from "convex/values";
import { vStepKind } from "./steps";

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

/**
 * What others notice of a replay. `times`: how often it happened in the run; 0: the run did not come to it. `given`: so many
 * of these approvals were given, and hold in a replay with the same input where it asks the same.
 */
export const vReplayEffect = v.object({
  path: v.string(),
  label: v.string(),
  kind: vStepKind,
  times: v.number(),
  isEstimate: v.boolean(),
  given: v.optional(v.number()),
});
export type ReplayEffect = Infer<typeof vReplayEffect>;
