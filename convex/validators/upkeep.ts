/** Passes over the whole database. */
import { v, type Infer } from "convex/values";

export const vPassName = v.union(v.literal("retention"), v.literal("audit"));
export type PassName = Infer<typeof vPassName>;

/** How far a pass has come. The numbers are creation times: of the owner at hand, of its row that was done last. */
export const vPlace = v.object({
  phase: v.string(),
  owner: v.number(),
  after: v.number(),
  /** For a row that takes more than one portion: how far that one is. */
  within: v.number(),
});
export type Place = Infer<typeof vPlace>;

/** What the audit finds, by the invariant that it breaks. */
export const FINDINGS = {
  E1_end: "a step has ended without a time, or the other way round",
  E1_outside: "a step is in nothing",
  E1_inside: "a step is active in what has ended",
  E1_waits: "a run waits although it has work, or for nothing",
  E2_twice: "a step has two rows",
  E4_run: "nothing will ever move a run",
  E4_step: "nothing will ever move a step",
  E4_late: "the time of a run or a step is up and it goes on",
  E4_backlog: "nobody goes on with a backlog",
  E5_counts: "a loop counts other iterations than there are",
  E5_at_once: "a loop has more iterations at once than it may",
  E5_seat: "a run that has ended takes up room",
  E6_left: "a run that has ended left something active",
  E8_kind: "a step is of another kind than the version says",
  E8_version: "the version of a run is gone",
  E9_large: "a row is larger than it may be",
  E9_gone: "a value is gone",
  orphan: "a row belongs to no run",
} as const;
export type FindingName = keyof typeof FINDINGS;
// The names of a constant object.
const FINDING_NAMES = Object.keys(FINDINGS) as FindingName[];

export const vFinding = v.object({
  name: v.union(...FINDING_NAMES.map((name) => v.literal(name))),
  runId: v.string(),
  text: v.string(),
  /** The step that it is about, when one is. */
  stepKey: v.optional(v.string()),
});
export type Finding = Infer<typeof vFinding>;
