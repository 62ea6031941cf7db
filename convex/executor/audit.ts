/**
 * E1 to E9 over the whole database, in portions: as a cron, which mends what it may and counts what it found, and as a
 * command (`npm run audit`), which only reads.
 */
import { v } from "convex/values";
import type { Id } from "../_generated/dataModel";
import { internalMutation, internalQuery, type QueryCtx } from "../functions";
import { vFinding, vPlace } from "../validators/upkeep";
import { hasMover } from "./runs/movers";
import { auditRows, auditRuns } from "./upkeep/auditPhases";
import {
  beginPass,
  findPass,
  firstPlace,
  goOn,
  workPortion,
} from "./upkeep/passes";
import { Portion } from "./upkeep/portion";

const PHASES = { runs: auditRuns, rows: auditRows };

export const sweep = internalMutation({
  args: {},
  returns: v.null(),
  handler: async (ctx) => {
    await beginPass(ctx, "audit", PHASES);
    return null;
  },
});

export const work = internalMutation({
  args: { portion: v.number() },
  returns: v.null(),
  handler: async (ctx, { portion: number }) => {
    const portion = await workPortion(ctx, "audit", {
      portion: number,
      phases: PHASES,
    });
    for (const finding of portion?.findings ?? [])
      console.warn(
        `audit: ${finding.name}, run ${finding.runId}: ${finding.text}`,
      );
    return null;
  },
});

/** The next part of the database: what was found there, and where to go on; null at the end. */
export const page = internalQuery({
  args: { place: v.union(vPlace, v.null()) },
  returns: v.object({
    place: v.union(vPlace, v.null()),
    findings: v.array(vFinding),
    counts: v.record(v.string(), v.number()),
  }),
  handler: async (ctx, { place }) => {
    const portion = new Portion(Date.now(), { counts: {}, filesSeen: 0 });
    const from = place ?? firstPlace(PHASES);
    const next = await goOn(ctx, portion, { phases: PHASES, from });
    const { findings, counts } = portion;
    return { place: next, findings, counts };
  },
});

/** What the pass under way, or the last one, has found so far, by name; null before the first. */
export const counts = internalQuery({
  args: {},
  returns: v.union(
    v.object({
      startedAt: v.number(),
      endedAt: v.union(v.number(), v.null()),
      counts: v.record(v.string(), v.number()),
    }),
    v.null(),
  ),
  handler: async (ctx) => {
    const pass = await findPass(ctx, "audit");
    if (pass === null) return null;
    const { startedAt, endedAt, counts } = pass;
    return { startedAt, endedAt, counts };
  },
});

/** Runs that have not ended and that nothing would ever move (E4). Tests expect none. */
export const stuckRuns = internalQuery({
  args: {},
  returns: v.array(v.id("workflowRuns")),
  handler: async (ctx) => await findStuckRuns(ctx),
});

async function findStuckRuns(ctx: QueryCtx): Promise<Id<"workflowRuns">[]> {
  const stuck: Id<"workflowRuns">[] = [];
  for (const kind of ["queued", "running", "waiting"] as const) {
    const runs = await ctx.db
      .query("workflowRuns")
      .withIndex("by_state", (q) => q.eq("state.kind", kind))
      .collect();
    for (const run of runs)
      if (!(await hasMover(ctx, run))) stuck.push(run._id);
  }
  return stuck;
}
