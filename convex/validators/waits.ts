/** What the executor keeps about steps that wait. */
import { type Infer, v } from "convex/values";

/** Where a look back goes on: behind this time, in the events for the run alone or in those for everybody. */
export const vLookBackCursor = v.object({
  scope: v.union(v.literal("run"), v.literal("organization")),
  after: v.number(),
});
export type LookBackCursor = Infer<typeof vLookBackCursor>;
