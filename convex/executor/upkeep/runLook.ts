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
  unwantedRun,
  waitingSteps,
} from "./lostRequests";
import { containerTimes, retryTimes, runTime } from "./lostTimers";
import type { Portion } from "./portion";
import type { Part, Repair, Run } from "./runParts";

/**
 * In this order: a run that nobody wants or that is out of time needs nothing else, and what a backlog leads to is not
 * missing yet.
 */
const PARTS = {
  parent: unwantedRun,
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
  /** Something was found missing before it. */
  hasFound: v.optional(v.literal(true)),
});
export type Spot = Infer<typeof vSpot>;

/** What is missing, and where another transaction goes on with the rest. */
type Seen = { repairs: Repair[]; rest: Spot | null };

/** One page at least, and then as many as the portion has room for. */
export async function lookAtRun(
  ctx: MutationCtx,
  run: Run,
  { portion, from }: { portion: Portion; from: Spot | null },
): Promise<Seen> {
  const found: Repair[] = [];
  let spot: Spot | null = from ?? spotIn(run, NAMES[0]);
  while (spot !== null) {
    const { part, after }: Spot = spot;
    const page = await PARTS[part](ctx, run, { portion, after });
    found.push(...page.repairs);
    if (page.isAll) return { repairs: found, rest: null };
    const { next } = page;
    spot = next === null ? spotBehind(run, part) : { ...spot, after: next };
    if (portion.isSpent) break;
  }
  const hasFound = from?.hasFound === true || found.length > 0;
  const rest = spot && hasFound ? { ...spot, hasFound } : spot;
  return { repairs: found, rest };
}

function spotBehind(run: Run, part: PartName): Spot | null {
  return spotIn(run, NAMES[NAMES.indexOf(part) + 1]);
}

function spotIn({ _id: runId }: Run, part: PartName | undefined): Spot | null {
  return part === undefined ? null : { runId, part, after: "" };
}
