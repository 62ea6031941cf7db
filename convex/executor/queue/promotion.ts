/**
 * Runs that wait for their start. Everything is read from rows (E5), so promoting once too often changes nothing, and
 * forgetting it is found by `audit.ts` (E4).
 */
import { internal } from "../../_generated/api";
import type { Doc, Id } from "../../_generated/dataModel";
import { userError } from "../../errors";
import type { MutationCtx } from "../../functions";
import { type Limits, limitsOf } from "../../model/flowLimits";
import {
  BATCH,
  cancelSeat,
  leaveQueue,
  passLane,
  passOrganization,
  passRate,
  rateOpensAt,
} from "./gates";
import { cancelSoon, unwantedSince } from "../runs/childRunRequests";
import { beginRun } from "../runs/newRun";
import {
  atRate,
  type Lane,
  promoteSoon,
  queueIn,
  type Seat,
  STAGE,
} from "./runSeats";
import { loadTurn } from "../flow/turn";

/** Returns the seats that may begin now; they are not begun yet. */
export async function promote(ctx: MutationCtx, lane: Lane): Promise<Seat[]> {
  const limits = await limitsOf(ctx, lane);
  if (limits.workflow === null) {
    await cancelOrphans(ctx, lane);
    return [];
  }
  const rateKeys = new Set([lane.rateKey]);
  if (!limits.isHeld) {
    for (const seat of await passLane(ctx, lane, limits))
      rateKeys.add(seat.rateKey);
    for (const rateKey of rateKeys)
      await passRate(ctx, { ...lane, rateKey }, limits);
  }
  const begun = await passOrganization(ctx, lane.organizationId);
  for (const { workflowId, rateKey } of begun)
    if (workflowId === lane.workflowId) rateKeys.add(rateKey);
  for (const rateKey of rateKeys)
    await wakeForRate(ctx, { ...lane, rateKey }, limits);
  const elsewhere = begun.filter((seat) => seat.workflowId !== lane.workflowId);
  await wakeBehind(ctx, elsewhere);
  return begun;
}

/** Of all workflows of an organization. Returns the seats that may begin now. */
export async function promoteOrganization(
  ctx: MutationCtx,
  organizationId: Id<"organizations">,
): Promise<Seat[]> {
  const begun = await passOrganization(ctx, organizationId);
  await wakeBehind(ctx, begun);
  return begun;
}

/**
 * As long as others wait for the organization in front of them, runs that wait for a rate wait for no time, and have no
 * timer. Once those have begun it is a matter of time (E4).
 */
async function wakeBehind(ctx: MutationCtx, begun: Seat[]): Promise<void> {
  for (const seat of begun)
    if ((await atRate(ctx, seat, STAGE.RATE).first()) !== null)
      await promoteSoon(ctx, seat);
}

/** Nobody may start runs of a workflow that is gone. */
async function cancelOrphans(ctx: MutationCtx, lane: Lane): Promise<void> {
  const waiting = [
    ...(await queueIn(ctx, lane).take(BATCH)),
    ...(await atRate(ctx, lane, STAGE.RATE).take(BATCH)),
    ...(await atRate(ctx, lane, STAGE.ORGANIZATION).take(BATCH)),
  ];
  for (const seat of waiting)
    await cancelSeat(ctx, seat, "The workflow was deleted before it started.");
}

/** Whoever waits for the rate has a timer, one for each time that it opens (E4). */
async function wakeForRate(
  ctx: MutationCtx,
  lane: Lane,
  { flow, isHeld }: Limits,
): Promise<void> {
  if (!flow?.rateLimit || isHeld) return;
  const head = await atRate(ctx, lane, STAGE.RATE).first();
  if (head === null) return;
  const rate = { ...flow.rateLimit, now: Date.now() };
  const at = await rateOpensAt(ctx, lane, rate);
  if (at === null || at === head.wakeAt) return;
  await ctx.db.patch("runSeats", head._id, { wakeAt: at });
  const { organizationId, workflowId, laneKey } = head;
  await ctx.scheduler.runAt(at, internal.executor.queuedRuns.promoteLane, {
    lane: { organizationId, workflowId, laneKey, rateKey: lane.rateKey },
  });
}

/** Begins each in a transaction of its own, so that one that cannot begin does no harm. */
export async function beginSoon(
  ctx: MutationCtx,
  seats: Pick<Seat, "runId">[],
): Promise<void> {
  for (const { runId } of seats)
    await ctx.scheduler.runAfter(0, internal.executor.queuedRuns.begin, {
      runId,
    });
}

/**
 * The first turn of a run that was queued; nothing when it has begun or ended meanwhile. One that nobody waits for any more
 * does nothing: its cancel was lost, and the sweep looks at no queued runs.
 */
export async function beginQueued(
  ctx: MutationCtx,
  runId: Id<"workflowRuns">,
): Promise<void> {
  const turn = await loadTurn(ctx, runId);
  if (turn === null || turn.run.state.kind !== "queued") return;
  if ((await unwantedSince(ctx, turn.run)) !== null)
    return await cancelSoon(ctx, runId);
  const { seatId } = turn.run;
  if (seatId !== undefined)
    await ctx.db.patch("runSeats", seatId, { stage: STAGE.STARTED });
  turn.setRun({ state: { kind: "running" }, startedAt: turn.now });
  await beginRun(turn);
}

/** A person does not want to wait: it counts for the limits, and they do not hold it. */
export async function startQueued(
  ctx: MutationCtx,
  run: Doc<"workflowRuns">,
): Promise<void> {
  const { seatId } = run;
  const seat =
    run.state.kind === "queued" && seatId !== undefined
      ? await ctx.db.get("runSeats", seatId)
      : null;
  if (seat === null)
    throw userError("conflict", `Run #${run.number} is not queued any more.`);
  if (seat.stage < STAGE.STARTING) {
    await leaveQueue(ctx, seat, await limitsOf(ctx, seat));
    await wakeBehind(ctx, [seat]);
  }
  await beginQueued(ctx, run._id);
}
