/**
 * The gates that a run passes in order before its first turn: its lane (workflow and key), the rate, its organization.
 * Each lets as many go on as there is room for, the best first.
 */
import type { Id } from "../../_generated/dataModel";
import { internal } from "../../_generated/api";
import type { MutationCtx, QueryCtx } from "../../functions";
import {
  type Limits,
  limitsOf,
  organizationLimit,
} from "../../model/flowLimits";
import { cancelRun } from "../runs/cancelRun";
import {
  atRate,
  holdersIn,
  holdersOfOrganization,
  type Lane,
  moveSeat,
  noteStart,
  promoteSoon,
  queueIn,
  queueOfOrganization,
  type Seat,
  STAGE,
  startsSince,
} from "./runSeats";

/** Moves of one transaction at each gate; further ones are a transaction of their own. */
export const BATCH = 50;
/** The most that a lane without a queue can hold: its limit, and what came while it was paused. */
const MAX_LANE = 2_000;

export async function cancelSeat(
  ctx: MutationCtx,
  seat: Seat,
  reason: string,
): Promise<void> {
  const run = await ctx.db.get("workflowRuns", seat.runId);
  if (run !== null && run.endedAt === null)
    await cancelRun(ctx, run, FLOW_CONTROL, reason);
  else await ctx.db.delete("runSeats", seat._id);
}

/** Who ended a run that nobody cancelled. */
export const FLOW_CONTROL = "the workflow's limits";

export async function passLane(
  ctx: MutationCtx,
  lane: Lane,
  { flow }: Limits,
): Promise<Seat[]> {
  const concurrency = flow?.concurrency ?? null;
  if (
    concurrency?.strategy === "cancel-oldest" &&
    !(await cancelOldest(ctx, lane, concurrency.limit))
  )
    return [];
  const limit = concurrency?.limit ?? null;
  const holders = limit === null ? [] : await holdersIn(ctx, lane).take(limit);
  const room = roomFor(limit, holders.length);
  const heads = await queueIn(ctx, lane).take(room);
  if (heads.length === BATCH) await promoteSoon(ctx, lane);
  if (room === 0 && limit !== null)
    heads.push(
      ...(await overtake(ctx, {
        next: await queueIn(ctx, lane).first(),
        passed: holders.filter(({ stage }) => stage < STAGE.STARTING),
        back: STAGE.LANE,
      })),
    );
  for (const seat of heads) await moveSeat(ctx, seat, STAGE.RATE);
  return heads;
}

function roomFor(limit: number | null, taken: number): number {
  return limit === null ? BATCH : Math.max(0, Math.min(limit - taken, BATCH));
}

/** Who has passed a gate and not started yet gives way to a higher priority. Returns who passes instead. */
async function overtake(
  ctx: MutationCtx,
  {
    next,
    passed,
    back,
  }: {
    next: Seat | null;
    passed: Seat[];
    back: typeof STAGE.LANE | typeof STAGE.RATE;
  },
): Promise<Seat[]> {
  const last = passed.toSorted((a, b) => a.rank - b.rank || a.since - b.since);
  const worst = last.at(-1);
  if (next === null || worst === undefined || worst.rank <= next.rank)
    return [];
  await moveSeat(ctx, worst, back);
  return [next];
}

/** The newest `limit` stay, whether they run or are about to. False: there are more to cancel. */
async function cancelOldest(
  ctx: MutationCtx,
  lane: Lane,
  limit: number,
): Promise<boolean> {
  const holders = await holdersIn(ctx, lane).take(MAX_LANE);
  const waiting = await queueIn(ctx, lane).take(MAX_LANE);
  const all = [...holders, ...waiting].toSorted(
    (a, b) => a.since - b.since || a._creationTime - b._creationTime,
  );
  const over = all.slice(0, Math.max(0, all.length - limit));
  for (const seat of over.slice(0, BATCH))
    await cancelSeat(ctx, seat, replacedReason(lane, limit));
  return over.length <= BATCH;
}

function replacedReason({ laneKey }: Lane, limit: number): string {
  const forKey = laneKey === "" ? "" : ` for “${laneKey}”`;
  const runs = limit === 1 ? "run goes" : "runs go";
  return `A newer one took its place: only ${limit} ${runs} at once${forKey}.`;
}

export async function passRate(
  ctx: MutationCtx,
  lane: Lane,
  { flow }: Limits,
): Promise<void> {
  const rate = flow?.rateLimit ?? null;
  const room =
    rate === null ? BATCH : Math.min(await rateRoom(ctx, lane, rate), BATCH);
  const heads = await atRate(ctx, lane, STAGE.RATE).take(Math.max(0, room));
  if (heads.length === BATCH) await promoteSoon(ctx, lane);
  if (room <= 0)
    heads.push(
      ...(await overtake(ctx, {
        next: await atRate(ctx, lane, STAGE.RATE).first(),
        passed: await atRate(ctx, lane, STAGE.ORGANIZATION).take(BATCH),
        back: STAGE.RATE,
      })),
    );
  for (const seat of heads) await moveSeat(ctx, seat, STAGE.ORGANIZATION);
}

type Rate = { limit: number; periodMs: number };
type RateLane = Pick<Seat, "workflowId" | "rateKey">;

/** Starts that the rate allows now, besides those it has allowed and that are still to come. */
export async function rateRoom(
  ctx: QueryCtx,
  lane: RateLane,
  { limit, periodMs }: Rate,
): Promise<number> {
  const starts = startsSince(ctx, lane, Date.now() - periodMs);
  const started = (await starts.take(limit)).length;
  const allowed = await atRate(ctx, lane, STAGE.ORGANIZATION).take(limit);
  return limit - started - allowed.length;
}

/** When the rate allows the next start; null when that is not a matter of time. */
export async function rateOpensAt(
  ctx: QueryCtx,
  lane: RateLane,
  { limit, periodMs, now }: Rate & { now: number },
): Promise<number | null> {
  const starts = await startsSince(ctx, lane, now - periodMs).take(limit);
  const allowed = await atRate(ctx, lane, STAGE.ORGANIZATION).take(limit);
  const over = starts.length + allowed.length - limit;
  const last = over < 0 ? undefined : starts.toReversed()[over];
  return last === undefined ? null : last.at + periodMs;
}

/** The last gate: also for runs of other workflows of the organization. */
export async function passOrganization(
  ctx: MutationCtx,
  organizationId: Id<"organizations">,
): Promise<Seat[]> {
  const limit = await organizationLimit(ctx, organizationId);
  const begun: Seat[] = [];
  const taken =
    limit === null
      ? 0
      : (await holdersOfOrganization(ctx, organizationId).take(limit)).length;
  const room = roomFor(limit, taken);
  const known = new Map<Id<"workflows">, Limits>();
  while (begun.length < room) {
    const heads = await queueOfOrganization(ctx, organizationId).take(
      room - begun.length,
    );
    if (heads.length === 0) break;
    for (const seat of heads) {
      const limits = known.get(seat.workflowId) ?? (await limitsOf(ctx, seat));
      known.set(seat.workflowId, limits);
      if (limits.isHeld) await moveSeat(ctx, seat, STAGE.RATE);
      else begun.push(await leaveQueue(ctx, seat, limits));
    }
  }
  if (begun.length === BATCH)
    await ctx.scheduler.runAfter(
      0,
      internal.executor.queuedRuns.promoteOrganization,
      { organizationId },
    );
  return begun;
}

/** From here on it counts as started, for every limit. */
export async function leaveQueue(
  ctx: MutationCtx,
  seat: Seat,
  { flow }: Limits,
): Promise<Seat> {
  await moveSeat(ctx, seat, STAGE.STARTING);
  if (flow?.rateLimit) {
    const { periodMs } = flow.rateLimit;
    await noteStart(ctx, seat, { at: Date.now(), periodMs });
  }
  return seat;
}
