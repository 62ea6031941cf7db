/**
 * Runs that should have moved and did not (E4) are moved, once a minute. What fails again and again, because it fits no
 * transaction or always throws, ends its run instead of being tried for ever.
 */
import { v } from "convex/values";
import type { Doc } from "../_generated/dataModel";
import { internal } from "../_generated/api";
import { internalMutation, type MutationCtx } from "../functions";
import { GRACE_MS } from "./runs/movers";
import { endSoon } from "./runs/runEndings";
import { giveUpRun, mayBeNormal, mayTry } from "./runs/stalledRuns";
import { Portion } from "./upkeep/portion";
import { lookAtRun, type Spot, vSpot } from "./upkeep/runLook";

const BATCH = 100;

type Run = Doc<"workflowRuns">;

const vKind = v.union(v.literal("running"), v.literal("waiting"));

/** Looks at every run that has not ended, in portions; `spot` is within the first run after `after`. */
export const repairRuns = internalMutation({
  args: {
    kind: vKind,
    after: v.number(),
    spot: v.optional(v.union(vSpot, v.null())),
  },
  returns: v.null(),
  handler: async (ctx, { kind, after, spot = null }) => {
    const runs = await ctx.db
      .query("workflowRuns")
      .withIndex("by_state", (q) =>
        q.eq("state.kind", kind).gt("_creationTime", after),
      )
      .take(BATCH);
    const left = await repairSome(ctx, runs, { after, spot });
    const next = internal.executor.repairs.repairRuns;
    if (left !== null) await ctx.scheduler.runAfter(0, next, { kind, ...left });
    else if (kind === "running")
      await ctx.scheduler.runAfter(0, next, { kind: "waiting", after: 0 });
    return null;
  },
});

type Place = { after: number; spot: Spot | null };

/** Where to go on; null when these were all. */
async function repairSome(
  ctx: MutationCtx,
  runs: Run[],
  { after, spot }: Place,
): Promise<Place | null> {
  const portion = new Portion(Date.now(), { counts: {}, filesSeen: 0 });
  let seen = after;
  for (const run of runs) {
    portion.take(run);
    const from = spot?.runId === run._id ? spot : null;
    const rest = await repairRun(ctx, run, { portion, from });
    if (rest !== null) return { after: seen, spot: rest };
    seen = run._creationTime;
    if (portion.isSpent) return { after: seen, spot: null };
  }
  return runs.length < BATCH ? null : { after: seen, spot: null };
}

/** Where to go on within the run, when there was too much in it for this portion. */
async function repairRun(
  ctx: MutationCtx,
  run: Run,
  look: { portion: Portion; from: Spot | null },
): Promise<Spot | null> {
  const { repairs, rest } = await lookAtRun(ctx, run, look);
  const [first] = repairs;
  const isCounted = look.from?.hasFound === true;
  if (first !== undefined && !isCounted && !(await mayTry(ctx, run, first)))
    return null;
  for (const repair of repairs)
    if (repair === first || !mayBeNormal(repair)) await repair.act();
  return rest;
}

/** Ends of runs that did not go on. */
export async function repairEndings(ctx: MutationCtx): Promise<void> {
  const endings = await ctx.db
    .query("runEndings")
    .withIndex("by_creation_time", (q) =>
      q.lt("_creationTime", Date.now() - GRACE_MS),
    )
    .take(BATCH);
  for (const { runId } of endings) await endSoon(ctx, runId);
}

/** Ends a run that could not be moved. */
export const giveUp = internalMutation({
  args: { runId: v.id("workflowRuns") },
  returns: v.null(),
  handler: async (ctx, { runId }) => {
    await giveUpRun(ctx, runId);
    return null;
  },
});
