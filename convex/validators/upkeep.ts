/** Passes over the whole database. */
import { v, type Infer } from "convex/values";

export const vPassName = v.literal("retention");
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
