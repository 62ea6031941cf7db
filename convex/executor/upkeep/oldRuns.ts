/** Phases of retention: runs that were kept long enough, and versions that nothing shows any more. */
import type { Doc, Id } from "../../_generated/dataModel";
import type { MutationCtx, QueryCtx } from "../../functions";
import { cutoffOf, retentionOf } from "../../model/retention";
import { removeVersion, SNAPSHOT_NUMBER } from "../../model/versions";
import type { Place } from "../../validators/upkeep";
import { isRunEnded } from "../flow/transitions";
import { findEnding } from "../runs/runEndings";
import { afterTime } from "./places";
import type { Portion } from "./portion";
import { removeAll } from "./removeAll";
import { finishRemovals, removeRun } from "./runRemovals";

const BATCH = 20;

type Owner = {
  counter: Doc<"runCounters">;
  /** Its workflow was removed. */
  isGone: boolean;
  /** Nothing younger is deleted; null: nothing at all. */
  cutoff: number | null;
};

/** Each workflow that has had a run, also a removed one: its counter is there for as long as its runs are. */
async function ownerAt(
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
function nextOwner(at: Place, { counter }: Owner): Place {
  const owner = afterTime(counter._creationTime);
  return { ...at, owner, after: 0, within: 0 };
}

/** Runs by age. One that has not ended, or that another still needs, is left for a later pass. */
export async function removeOldRuns(
  ctx: MutationCtx,
  portion: Portion,
  at: Place,
): Promise<Place | null> {
  if (!(await finishRemovals(ctx, portion))) return at;
  const owner = await ownerAt(ctx, at, portion.now);
  if (owner === null) return null;
  const { cutoff, counter } = owner;
  if (cutoff === null) return nextOwner(at, owner);
  const here = { ...at, owner: counter._creationTime };
  const runs = await ctx.db
    .query("workflowRuns")
    .withIndex("by_workflowId", (q) =>
      q
        .eq("workflowId", counter.workflowId)
        .gt("_creationTime", here.after)
        .lt("_creationTime", cutoff),
    )
    .take(BATCH);
  for (const run of runs) {
    if (portion.isSpent) return here;
    portion.take(run);
    if (await isOver(ctx, run, cutoff)) await removeRun(ctx, portion, run);
    here.after = run._creationTime;
  }
  return runs.length < BATCH ? nextOwner(here, owner) : here;
}

async function isOver(
  ctx: QueryCtx,
  run: Doc<"workflowRuns">,
  cutoff: number,
): Promise<boolean> {
  if (!isRunEnded(run.state) || (run.endedAt ?? cutoff) >= cutoff) return false;
  return (
    (await findEnding(ctx, run._id)) === null &&
    !(await isSource(ctx, run._id)) &&
    !(await hasActiveParent(ctx, run))
  );
}

/** A replay is about to take over its steps. */
async function isSource(
  ctx: QueryCtx,
  runId: Id<"workflowRuns">,
): Promise<boolean> {
  const seed = await ctx.db
    .query("runSeeds")
    .withIndex("by_sourceId", (q) => q.eq("sourceId", runId))
    .first();
  return seed !== null;
}

async function hasActiveParent(
  ctx: QueryCtx,
  { parent }: Doc<"workflowRuns">,
): Promise<boolean> {
  if (parent === undefined) return false;
  const around = await ctx.db.get("workflowRuns", parent.runId);
  return around !== null && !isRunEnded(around.state);
}

/** Snapshots of drafts whose tests are gone. */
export async function removeOldSnapshots(
  ctx: MutationCtx,
  portion: Portion,
  at: Place,
): Promise<Place | null> {
  const owner = await ownerAt(ctx, at, portion.now);
  if (owner === null) return null;
  const { cutoff, counter } = owner;
  if (cutoff === null) return nextOwner(at, owner);
  const here = { ...at, owner: counter._creationTime };
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
  if (snapshot === null) return nextOwner(here, owner);
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
