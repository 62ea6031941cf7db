/** Phases of retention: versions that nothing shows any more, and workflows of which nothing is left. */
import type { Doc, Id } from "../../_generated/dataModel";
import type { MutationCtx, QueryCtx } from "../../functions";
import { removeVersion, SNAPSHOT_NUMBER } from "../../model/versions";
import type { Place } from "../../validators/upkeep";
import { nextOwner, type OldRows, ownerAt, withOwner } from "./owners";
import type { Portion } from "./portion";
import { removeAll } from "./removeAll";

const BATCH = 20;

/** Snapshots of drafts whose tests are gone. */
export async function removeOldSnapshots(
  ctx: MutationCtx,
  portion: Portion,
  at: Place,
): Promise<Place | null> {
  return await withOwner(ctx, portion, at, (rows) =>
    removeNextSnapshot(ctx, portion, rows),
  );
}

async function removeNextSnapshot(
  ctx: MutationCtx,
  portion: Portion,
  { counter, cutoff, here }: OldRows,
): Promise<Place | "done"> {
  const snapshot = await ctx.db
    .query("workflowVersions")
    .withIndex("by_workflowId_and_number", (q) =>
      q
        .eq("workflowId", counter.workflowId)
        .eq("number", SNAPSHOT_NUMBER)
        .gt("_creationTime", here.after)
        .lt("_creationTime", cutoff),
    )
    .first();
  if (snapshot === null) return "done";
  portion.take(snapshot);
  const use = await usesOf(ctx, portion, { snapshot, within: here.within });
  if (use.kind === "further") return { ...here, within: use.within };
  if (use.kind === "unused") {
    await removeVersion(ctx, snapshot._id);
    portion.count("snapshots");
  }
  return { ...here, after: snapshot._creationTime, within: 0 };
}

type Uses = { kind: "used" | "unused" } | { kind: "further"; within: number };

/** Tests of a snapshot are younger than it. Those that come meanwhile are younger than those looked at. */
async function usesOf(
  ctx: QueryCtx,
  portion: Portion,
  { snapshot, within }: { snapshot: Doc<"workflowVersions">; within: number },
): Promise<Uses> {
  const { _id, workflowId, _creationTime } = snapshot;
  for (let seen = Math.max(within, _creationTime); ;) {
    if (portion.isSpent) return { kind: "further", within: seen };
    const tests = await ctx.db
      .query("workflowRuns")
      .withIndex("by_workflowId_and_isTest", (q) =>
        q
          .eq("workflowId", workflowId)
          .eq("isTest", true)
          .gt("_creationTime", seen),
      )
      .take(BATCH);
    for (const test of tests) portion.take(test);
    if (tests.some(({ versionId }) => versionId === _id))
      return { kind: "used" };
    const last = tests.at(-1);
    if (last === undefined || tests.length < BATCH) return { kind: "unused" };
    seen = last._creationTime;
  }
}

/** Versions of removed workflows whose runs are gone, and then the last trace of the workflow. */
export async function removeGoneWorkflows(
  ctx: MutationCtx,
  portion: Portion,
  at: Place,
): Promise<Place | null> {
  const owner = await ownerAt(ctx, at, portion.now);
  if (owner === null) return null;
  const { counter, isGone } = owner;
  portion.take(counter);
  if (!isGone || (await hasRuns(ctx, counter.workflowId)))
    return nextOwner(at, owner);
  const isDone = await removeAll(
    portion,
    () =>
      ctx.db
        .query("workflowVersions")
        .withIndex("by_workflowId_and_number", (q) =>
          q.eq("workflowId", counter.workflowId),
        )
        .take(BATCH),
    ({ _id }) => removeVersion(ctx, _id),
  );
  if (!isDone) return { ...at, owner: counter._creationTime };
  await ctx.db.delete("runCounters", counter._id);
  portion.count("workflows");
  return nextOwner(at, owner);
}

async function hasRuns(
  ctx: QueryCtx,
  workflowId: Id<"workflows">,
): Promise<boolean> {
  const run = await ctx.db
    .query("workflowRuns")
    .withIndex("by_workflowId", (q) => q.eq("workflowId", workflowId))
    .first();
  return run !== null;
}
