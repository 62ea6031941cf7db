/** Passes go workflow by workflow, also over removed ones: a counter of runs is there for as long as its runs are. */
import type { Doc } from "../../_generated/dataModel";
import type { QueryCtx } from "../../functions";
import { cutoffOf, retentionOf } from "../../model/retention";
import type { Place } from "../../validators/upkeep";
import { afterTime } from "./places";
import type { Portion } from "./portion";

type Owner = {
  counter: Doc<"runCounters">;
  /** Its workflow was removed. */
  isGone: boolean;
  /** Nothing younger is deleted; null: nothing at all. */
  cutoff: number | null;
};

/** The workflow at a place, or the next one behind it. */
export async function ownerAt(
  ctx: QueryCtx,
  { owner }: Place,
  now: number,
): Promise<Owner | null> {
  const counter = await ctx.db
    .query("runCounters")
    .withIndex("by_creation_time", (q) => q.gte("_creationTime", owner))
    .first();
  if (counter === null) return null;
  const workflow = await ctx.db.get("workflows", counter.workflowId);
  const cutoff = cutoffOf(retentionOf(workflow ?? counter), now);
  return { counter, isGone: workflow === null, cutoff };
}

/** Behind any place of this one's. */
export function nextOwner(at: Place, { counter }: Owner): Place {
  const owner = afterTime(counter._creationTime);
  return { ...at, owner, after: 0, within: 0 };
}

/** The workflow at a place as a pass sees it that deletes what is older than `cutoff`; `here` is the place in it. */
export type OldRows = Pick<Owner, "counter"> & { cutoff: number; here: Place };

/** The place after a look at the next workflow, which says where it stopped, or "done" with the workflow. */
export async function withOwner(
  ctx: QueryCtx,
  { now }: Portion,
  at: Place,
  look: (rows: OldRows) => Promise<Place | "done">,
): Promise<Place | null> {
  const owner = await ownerAt(ctx, at, now);
  if (owner === null) return null;
  const { cutoff, counter } = owner;
  if (cutoff === null) return nextOwner(at, owner);
  const here = { ...at, owner: counter._creationTime };
  const place = await look({ counter, cutoff, here });
  return place === "done" ? nextOwner(here, owner) : place;
}
