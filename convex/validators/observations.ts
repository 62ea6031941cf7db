/** What is seen of values, as it crosses from the functions that look to the one that stores. */
import { v, type Infer } from "convex/values";

/** "workflow": the output of its runs. "steps": the outputs of its steps, and its input. */
export const vObservedSubject = v.union(
  v.literal("workflow"),
  v.literal("steps"),
  v.literal("event"),
);
export type ObservedSubject = Infer<typeof vObservedSubject>;

/** `seen` is JSON text, because names of fields may be what names of Convex values may not. */
export const vObservation = v.object({ name: v.string(), seen: v.string() });
export type Observation = Infer<typeof vObservation>;

/** A value too large for its row: `path` and `part` say what it is of, `run` in which of the runs it was. */
export const vUnreadValue = v.object({
  path: v.string(),
  run: v.number(),
  part: v.union(v.literal("body"), v.literal("data"), v.literal("all")),
  storageId: v.id("_storage"),
});
export type UnreadValue = Infer<typeof vUnreadValue>;
