/**
 * The start of a run that something limits. It begins at once when there is room, waits in its queue, joins a run that
 * is still being debounced, is the run of an earlier start with the same key, or is refused.
 */
import type { Doc } from "../../_generated/dataModel";
import { type ErrorData, errorData, userError } from "../../errors";
import { internal } from "../../_generated/api";
import type { MutationCtx } from "../../functions";
import type { FlowControl } from "../../language/graph";
import { flowOfVersion, isHeld } from "../../model/flowLimits";
import { removePayload, storePayload } from "../../model/payloads";
import { SNAPSHOT_NUMBER } from "../../model/versions";
import { cancelSeat, FLOW_CONTROL, rateOpensAt, rateRoom } from "./gates";
import { type FlowKeys, flowKeysOf } from "./flowKeys";
import { findKeyedRun, rememberKey } from "./idempotency";
import { beginRun, insertRun, type NewRun, turnOfNew } from "../runs/newRun";
import { beginQueued, beginSoon, promote } from "./promotion";
import {
  holdersIn,
  type Lane,
  moveSeat,
  pendingDebounce,
  type Seat,
  seatsOfWorkflow,
  STAGE,
} from "./runSeats";

/** Runs that a paused workflow keeps for later; further ones are refused. */
const MAX_HELD = 1_000;

export type RunStart = NewRun & {
  /** A second start with the same key gives the first one's run; in place of the workflow's own function. */
  idempotencyKey?: string;
  /**
   * What a refusal is: an error for somebody who waits for the answer, else a run that was cancelled and says why, for
   * whoever looks for it later.
   */
  onRefusal?: "throw" | "trace";
};

type RunRef = { runId: Doc<"workflowRuns">["_id"]; number: number };
export type Started = RunRef &
  (
    | { outcome: "started" | "queued" | "debounced" | "existing" }
    | { outcome: "refused"; error: ErrorData }
  );

/** Nothing limits a plain workflow, nor a test. */
export function isLimited({
  workflow,
  version,
  idempotencyKey,
  priority,
}: RunStart): boolean {
  if (version.number === SNAPSHOT_NUMBER) return false;
  return (
    version.flow !== undefined ||
    workflow.pause?.holds === true ||
    workflow.sharesRoom !== undefined ||
    idempotencyKey !== undefined ||
    priority !== undefined
  );
}

const NO_FLOW: FlowControl = {
  concurrency: null,
  rateLimit: null,
  debounce: null,
  idempotency: null,
  priority: 0,
};

type Admission = {
  ctx: MutationCtx;
  start: RunStart;
  flow: FlowControl;
  keys: FlowKeys;
  now: number;
};

export async function admit(
  ctx: MutationCtx,
  start: RunStart,
): Promise<Started> {
  const flow = flowFor(start);
  try {
    const now = Date.now();
    const context = { ctx, version: start.version, input: start.input, now };
    const keys = await flowKeysOf(context, flow);
    return await enter({ ctx, start, flow, keys, now });
  } catch (error) {
    return await refused(ctx, start, error);
  }
}

/** Whoever replays a run wants another one, not the first again; so does a step, which waits for a run of its own. */
function flowFor({
  version,
  startedBy,
  priority,
  parent,
}: RunStart): FlowControl {
  const own = flowOfVersion(version) ?? NO_FLOW;
  const flow = { ...own, priority: priority ?? own.priority };
  return startedBy.kind === "replay" || parent !== undefined
    ? { ...flow, debounce: null, idempotency: null }
    : flow;
}

/** Throws why it is refused, before anything is written. */
async function enter(admission: Admission): Promise<Started> {
  const existing = await findKeyedRun(admission.ctx, keyOf(admission));
  if (existing !== null) return { ...existing, outcome: "existing" };
  const { debounce } = admission.flow;
  const pending = debounce === null ? null : await findPending(admission);
  if (debounce !== null && pending !== null)
    return await debounceAgain(admission, { seat: pending, debounce });
  if (!needsSeat(admission)) return await beginAtOnce(admission);
  await requireRoom(admission);
  return await takeSeat(admission);
}

/** A refusal that is not ours to explain is a bug. */
async function refused(
  ctx: MutationCtx,
  start: RunStart,
  error: unknown,
): Promise<Started> {
  const data = errorData(error);
  if (data === null || start.onRefusal === "throw") throw error;
  const { message: reason } = data;
  const state = { kind: "cancelled", by: FLOW_CONTROL, reason } as const;
  const now = Date.now();
  const run = await insertRun(ctx, start, { state, now });
  await turnOfNew(ctx, start, { run, now }).flush();
  const { _id: runId, number } = run;
  return { runId, number, outcome: "refused", error: data };
}

function keyOf({ start, keys, flow, now }: Admission) {
  return {
    workflowId: start.workflow._id,
    key: start.idempotencyKey ?? keys.idempotency,
    windowMs: flow.idempotency?.windowMs ?? null,
    now,
  };
}

function needsSeat({ start, flow }: Admission): boolean {
  const { workflow } = start;
  const isLimited =
    flow.concurrency !== null ||
    flow.rateLimit !== null ||
    flow.debounce !== null;
  const holds = workflow.pause?.holds === true;
  return isLimited || holds || workflow.sharesRoom !== undefined;
}

async function beginAtOnce(admission: Admission): Promise<Started> {
  const { ctx, start, flow, now } = admission;
  const run = await insertRun(
    ctx,
    { ...start, priority: flow.priority },
    { state: { kind: "running" }, now },
  );
  await rememberKey(ctx, keyOf(admission), run);
  await beginRun(turnOfNew(ctx, start, { run, now }));
  return { runId: run._id, number: run.number, outcome: "started" };
}

function laneOf({ start, keys }: Admission): Lane {
  return {
    organizationId: start.workflow.organizationId,
    workflowId: start.workflow._id,
    laneKey: keys.concurrency,
    rateKey: keys.rateLimit,
  };
}

/** A workflow that queues nothing refuses what is too much; one that is paused keeps so many. */
async function requireRoom(admission: Admission): Promise<void> {
  const { ctx, start, flow } = admission;
  if (isHeld(start.workflow)) {
    const { _id } = start.workflow;
    const held = await seatsOfWorkflow(ctx, _id, STAGE.LANE).take(MAX_HELD);
    if (held.length === MAX_HELD)
      throw userError(
        "dropped",
        `The workflow is paused and keeps ${MAX_HELD} runs for later; there is no room for another.`,
      );
    return;
  }
  if (flow.debounce === null)
    await requireLaneRoom(ctx, laneOf(admission), flow);
}

/** For the strategy `drop`. */
async function requireLaneRoom(
  ctx: MutationCtx,
  lane: Lane,
  { concurrency, rateLimit }: FlowControl,
): Promise<void> {
  if (concurrency?.strategy === "drop") {
    const { limit } = concurrency;
    const holders = await holdersIn(ctx, lane).take(limit);
    if (holders.length === limit) throw dropped(lane, limit);
  }
  if (
    rateLimit?.strategy === "drop" &&
    (await rateRoom(ctx, lane, rateLimit)) <= 0
  )
    throw await rateLimited(ctx, lane, rateLimit);
}

function dropped({ laneKey }: Lane, limit: number) {
  const runs = limit === 1 ? "1 run goes" : `${limit} runs go`;
  return userError(
    "dropped",
    `Not run: ${runs} already${forKey(laneKey)}, which is the workflow's limit.`,
  );
}

const forKey = (key: string) => (key === "" ? "" : ` for “${key}”`);

async function rateLimited(
  ctx: MutationCtx,
  lane: Lane,
  rate: { limit: number; periodMs: number },
) {
  const now = Date.now();
  const opensAt = await rateOpensAt(ctx, lane, { ...rate, now });
  const retryAfterMs = opensAt === null ? rate.periodMs : opensAt - now;
  const runs = rate.limit === 1 ? "1 run" : `${rate.limit} runs`;
  return userError(
    "rate_limited",
    `Not run: ${runs} started${forKey(lane.rateKey)} within the workflow's period; try again in ${Math.ceil(retryAfterMs / 1000)} s.`,
    { retryAfterMs },
  );
}

async function takeSeat(admission: Admission): Promise<Started> {
  const { ctx, start, flow, now } = admission;
  const inserted = await insertRun(
    ctx,
    { ...start, priority: flow.priority },
    { state: { kind: "queued" }, now },
  );
  const { _id: runId, number } = inserted;
  await turnOfNew(ctx, start, { run: inserted, now }).flush();
  await rememberKey(ctx, keyOf(admission), inserted);
  const seat = await insertSeat(admission, inserted);
  if (seat.stage === STAGE.DEBOUNCE) {
    await wakeDebounced(ctx, seat);
    return { runId, number, outcome: "queued" };
  }
  return { runId, number, outcome: await queue(ctx, seat) };
}

async function insertSeat(
  admission: Admission,
  { _id: runId }: Pick<Doc<"workflowRuns">, "_id">,
): Promise<Seat> {
  const { ctx, flow, keys, now } = admission;
  const { debounce } = flow;
  const dueAt = now + (debounce?.periodMs ?? 0);
  const seatId = await ctx.db.insert("runSeats", {
    ...laneOf(admission),
    runId,
    stage: debounce === null ? STAGE.LANE : STAGE.DEBOUNCE,
    rank: -flow.priority,
    since: now,
    movedAt: dueAt,
    wakeAt: null,
    debounceKey: debounce === null ? null : keys.debounce,
    debounce: debounce === null ? null : { dueAt, firstAt: now, triggers: 1 },
  });
  await ctx.db.patch("workflowRuns", runId, { seatId });
  const seat = await ctx.db.get("runSeats", seatId);
  if (seat === null) throw new Error(`Seat ${seatId} vanished`);
  return seat;
}

/** In line; it begins in this transaction if it is its turn. */
async function queue(
  ctx: MutationCtx,
  seat: Seat,
): Promise<"started" | "queued"> {
  const begun = await promote(ctx, seat);
  const others = begun.filter(({ _id }) => _id !== seat._id);
  await beginSoon(ctx, others);
  if (others.length === begun.length) return "queued";
  await beginQueued(ctx, seat.runId);
  return "started";
}

async function findPending(admission: Admission): Promise<Seat | null> {
  const { ctx, start, keys } = admission;
  return await pendingDebounce(ctx, start.workflow._id, keys.debounce);
}

type Debounce = NonNullable<FlowControl["debounce"]>;

/** The last trigger wins: its input, version and keys are the run's from now on. */
async function debounceAgain(
  admission: Admission,
  { seat, debounce }: { seat: Seat; debounce: Debounce },
): Promise<Started> {
  const { ctx, start, flow, now } = admission;
  const run = await ctx.db.get("workflowRuns", seat.runId);
  if (run === null) throw new Error(`Run ${seat.runId} of a seat is gone`);
  const { firstAt, triggers } = seat.debounce ?? { firstAt: now, triggers: 0 };
  const latest = firstAt + (debounce.maxWaitMs ?? Infinity);
  const dueAt = Math.min(now + debounce.periodMs, latest);
  await ctx.db.patch("runSeats", seat._id, {
    ...laneOf(admission),
    rank: -flow.priority,
    movedAt: dueAt,
    debounce: { dueAt, firstAt, triggers: triggers + 1 },
  });
  if (run.input !== null) await removePayload(ctx, run.input);
  await ctx.db.patch("workflowRuns", run._id, {
    versionId: start.version._id,
    versionNumber: start.version.number,
    startedBy: start.startedBy,
    input: await storePayload(ctx, run._id, JSON.stringify(start.input)),
    priority: flow.priority,
  });
  await rememberKey(ctx, keyOf(admission), run);
  return { runId: run._id, number: run.number, outcome: "debounced" };
}

async function wakeDebounced(ctx: MutationCtx, seat: Seat): Promise<void> {
  if (seat.debounce === null) return;
  await ctx.scheduler.runAt(
    seat.debounce.dueAt,
    internal.executor.queuedRuns.endDebounce,
    { seatId: seat._id },
  );
}

/** No other trigger came in time: the run takes its place in the queue. Asks again later when one did. */
export async function endDebounce(ctx: MutationCtx, seat: Seat): Promise<void> {
  if (seat.debounce === null || seat.stage !== STAGE.DEBOUNCE) return;
  if (seat.debounce.dueAt > Date.now()) return await wakeDebounced(ctx, seat);
  await moveSeat(ctx, seat, STAGE.LANE);
  const run = await ctx.db.get("workflowRuns", seat.runId);
  const version = run && (await ctx.db.get("workflowVersions", run.versionId));
  const workflow = await ctx.db.get("workflows", seat.workflowId);
  const flow = version && flowOfVersion(version);
  if (flow && workflow !== null && !isHeld(workflow)) {
    try {
      await requireLaneRoom(ctx, seat, flow);
    } catch (error) {
      const data = errorData(error);
      if (data === null) throw error;
      return await cancelSeat(ctx, seat, data.message);
    }
  }
  await beginSoon(ctx, await promote(ctx, seat));
}
