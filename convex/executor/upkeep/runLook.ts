/**
 * Looks for what should have moved a run and did not (E4): part by part, each in the order of its keys, so that however
 * much is in a run, a transaction reads a portion of it and another goes on behind that.
 */
import { type Infer, v } from "convex/values";
import type { MutationCtx } from "../../functions";
import {
  continuation,
  deliveries,
  seedPortion,
  waitingSteps,
} from "./lostRequests";
import { containerTimes, retryTimes, runTime } from "./lostTimers";
import type { Portion } from "./portion";
import type { Part, Repair, Run } from "./runParts";

/** In this order: a run that is out of time needs nothing else, and what a backlog leads to is not missing yet. */
const PARTS = {
  run: runTime,
  containers: containerTimes,
  backlog: continuation,
  seed: seedPortion,
  events: deliveries,
  waiting: waitingSteps,
  retrying: retryTimes,
} satisfies Record<string, Part>;
type PartName = keyof typeof PARTS;
// The names of a constant object.
const NAMES = Object.keys(PARTS) as PartName[];

/** Where a look goes on: in this part of the run, behind this key. */
export const vSpot = v.object({
  runId: v.id("workflowRuns"),
  part: v.union(...NAMES.map((name) => v.literal(name))),
  after: v.string(),
});
export type Spot = Infer<typeof vSpot>;

/** The first thing that is missing, or where another transaction goes on; neither: there is nothing else. */
type Seen = { repair: Repair | null; rest: Spot | null };

/** One page at least, and then as many as the portion has room for. */
export async function lookAtRun(
  ctx: MutationCtx,
  run: Run,
  { portion, from }: { portion: Portion; from: Spot | null },
): Promise<Seen> {
  let spot: Spot | null = from ?? spotIn(run, NAMES[0]);
  while (spot !== null) {
    const { part, after }: Spot = spot;
    const { repair, next } = await PARTS[part](ctx, run, { portion, after });
    if (repair !== null) return { repair, rest: null };
    spot = next === null ? spotBehind(run, part) : { ...spot, after: next };
    if (portion.isSpent) break;
  }
  return { repair: null, rest: spot };
}

function spotBehind(run: Run, part: PartName): Spot | null {
  return spotIn(run, NAMES[NAMES.indexOf(part) + 1]);
}

function spotIn({ _id: runId }: Run, part: PartName | undefined): Spot | null {
  return part === undefined ? null : { runId, part, after: "" };
}
