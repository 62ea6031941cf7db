/**
 * What must be true of runs whose starts are limited, whenever nothing is about to happen: never more at once than may
 * be, nobody waits where there is room, the best goes first. Each violation is a sentence.
 */
import type { Doc } from "../../../convex/_generated/dataModel";
import { STAGE } from "../../../convex/executor/queue/runSeats";
import type { Limited } from "./limited-flows";

type Seat = Doc<"runSeats">;
type Run = Doc<"workflowRuns">;

export type QueueView = {
  now: number;
  runs: Run[];
  seats: Seat[];
  flows: readonly Limited[];
  organizationLimit: number | null;
  /** Begun by a person, whatever the limits: they count, and nothing held them. */
  forced: ReadonlySet<Run["_id"]>;
};

export const isActive = ({ state, endedAt }: Run): boolean =>
  state.kind !== "queued" && endedAt === null;

export function brokenRules(view: QueueView): string[] {
  return [
    ...seatsAndRuns(view),
    ...view.flows.flatMap((flow) => [
      ...tooMany(view, flow),
      ...tooFast(view, flow),
    ]),
    ...tooManyInAll(view),
    ...view.seats.flatMap((seat) => [
      ...(waitsForNothing(view, seat) ?? []),
      ...outranked(view, seat),
    ]),
  ];
}

/** E5: what is taken is exactly what runs. */
function seatsAndRuns({ runs, seats }: QueueView): string[] {
  return runs.flatMap((run) => {
    const own = seats.filter(({ runId }) => runId === run._id);
    const stage = own[0]?.stage ?? null;
    if (run.endedAt !== null)
      return own.length === 0 ? [] : [`#${run.number} has ended in its place`];
    if (own.length > 1) return [`#${run.number} has ${own.length} places`];
    const isStarted = stage === STAGE.STARTED;
    return stage === null || isActive(run) === isStarted
      ? []
      : [`#${run.number} is ${run.state.kind} at stage ${stage}`];
  });
}

const laneKeys = (seats: Seat[], { workflowId }: Limited) =>
  new Set(
    seats
      .filter((seat) => seat.workflowId === workflowId)
      .map(({ laneKey }) => laneKey),
  );

export const inLane = (
  seats: Seat[],
  { workflowId, laneKey }: Pick<Seat, "workflowId" | "laneKey">,
) =>
  seats.filter(
    (seat) => seat.workflowId === workflowId && seat.laneKey === laneKey,
  );

export const holds = ({ stage }: Seat) => stage >= STAGE.RATE;

function tooMany({ seats, forced }: QueueView, flow: Limited): string[] {
  const { concurrency, workflowId, isHeld } = flow;
  if (concurrency === null) return [];
  const { limit, strategy } = concurrency;
  return [...laneKeys(seats, flow)].flatMap((laneKey) => {
    const lane = inLane(seats, { workflowId, laneKey }).filter(
      ({ stage, runId }) => stage !== STAGE.DEBOUNCE && !forced.has(runId),
    );
    const held = lane.filter(holds).length;
    if (held > limit) return [`${held} runs hold ${limit} places`];
    const isOver = strategy === "cancel-oldest" && lane.length > limit;
    return isOver && !isHeld ? [`${lane.length} left of ${limit}`] : [];
  });
}

function tooFast({ runs, forced }: QueueView, flow: Limited): string[] {
  const { rate, workflowId, isKeyed } = flow;
  if (rate === null) return [];
  const starts = new Map<string, { at: number; isForced: boolean }[]>();
  for (const run of runs) {
    if (run.workflowId !== workflowId || run.startedAt === null) continue;
    const key = isKeyed ? keyOf(run) : "";
    const start = { at: run.startedAt, isForced: forced.has(run._id) };
    starts.set(key, [...(starts.get(key) ?? []), start]);
  }
  return [...starts.values()].flatMap((times) => {
    const sorted = times.toSorted((a, b) => a.at - b.at);
    return sorted.flatMap(({ at, isForced }, index) => {
      const before = sorted[index - rate.limit]?.at ?? -Infinity;
      return !isForced && at - before < rate.periodMs
        ? [`${rate.limit + 1} starts within ${at - before} ms`]
        : [];
    });
  });
}

function tooManyInAll(view: QueueView): string[] {
  const { organizationLimit: limit, forced } = view;
  const active = view.runs.filter(
    (run) => isActive(run) && !forced.has(run._id),
  ).length;
  return limit !== null && active > limit
    ? [`${active} runs of an organization that may have ${limit}`]
    : [];
}

/** A place in a queue must be because of a limit that is used up. */
function waitsForNothing(view: QueueView, seat: Seat): string[] | null {
  const flow = view.flows.find(
    ({ workflowId }) => workflowId === seat.workflowId,
  );
  if (flow === undefined || seat.stage === STAGE.STARTED) return null;
  const { concurrency, isHeld } = flow;
  const say = (what: string) => [
    `a run waits ${what} (${JSON.stringify(seat)})`,
  ];
  switch (seat.stage) {
    case STAGE.DEBOUNCE:
      return (seat.debounce?.dueAt ?? 0) > view.now
        ? null
        : say("for triggers after its time");
    case STAGE.LANE: {
      const held = inLane(view.seats, seat).filter(holds).length;
      return isHeld || (concurrency !== null && held >= concurrency.limit)
        ? null
        : say("in a lane with room");
    }
    case STAGE.RATE:
      return isHeld || rateTaken(view, flow, seat) >= (flow.rate?.limit ?? 0)
        ? null
        : say("for a rate that has room");
    case STAGE.ORGANIZATION:
      return view.runs.filter(isActive).length >=
        (view.organizationLimit ?? Infinity)
        ? null
        : isHeld
          ? null
          : say("for an organization with room");
    default:
      return say("to begin, and nothing begins it");
  }
}

/** Who has passed a gate and not begun gives way to a higher priority that the gate holds back. */
function outranked({ seats, flows }: QueueView, seat: Seat): string[] {
  const of = ({ workflowId }: Limited) => workflowId === seat.workflowId;
  const isHeldBack = seat.stage === STAGE.LANE || seat.stage === STAGE.RATE;
  if (!isHeldBack || flows.find(of)?.isHeld !== false) return [];
  const passed = seats.filter(
    (other) =>
      other.workflowId === seat.workflowId &&
      (seat.stage === STAGE.LANE
        ? other.laneKey === seat.laneKey
        : other.rateKey === seat.rateKey) &&
      other.stage > seat.stage &&
      other.stage < STAGE.STARTING,
  );
  return passed
    .filter(({ rank }) => rank > seat.rank)
    .map(() => `a higher priority is held back (${JSON.stringify(seat)})`);
}

/** `cancel-oldest` ends none that is newer than one it keeps. */
export function wronglyReplaced(before: QueueView, after: QueueView): string[] {
  const wasOver = new Set(
    before.runs.filter(({ endedAt }) => endedAt !== null).map((r) => r._id),
  );
  return after.runs.flatMap(({ _id, number, state, workflowId, ...run }) => {
    if (state.kind !== "cancelled" || wasOver.has(_id)) return [];
    if (state.reason?.startsWith("A newer one") !== true) return [];
    const place = before.seats.find(({ runId }) => runId === _id);
    const flow = after.flows.find((one) => one.workflowId === workflowId);
    const key = flow?.isKeyed === true ? keyOf(run) : "";
    const since = place?.since ?? run.createdAt;
    const kept = inLane(after.seats, { workflowId, laneKey: key });
    return kept
      .filter((seat) => seat.stage !== STAGE.DEBOUNCE && seat.since < since)
      .map(() => `#${number} was replaced by an older one`);
  });
}

/** The key of its input, `{"key":"a",…`. */
function keyOf({ input }: Pick<Run, "input">): string {
  return /^\{"key":"(\w+)"/.exec(input?.preview ?? "")?.[1] ?? "";
}

/** Starts that still count, and those that the rate has let through. */
export function rateTaken(
  { now, runs, seats }: QueueView,
  { rate, workflowId, isKeyed }: Limited,
  { rateKey }: Pick<Seat, "rateKey">,
): number {
  if (rate === null) return -1;
  const isOf = (run: Run) => !isKeyed || keyOf(run) === rateKey;
  const started = runs.filter(
    (run) =>
      run.workflowId === workflowId &&
      isOf(run) &&
      (run.startedAt ?? -Infinity) > now - rate.periodMs,
  );
  const passed = seats.filter(
    (seat) =>
      seat.workflowId === workflowId &&
      seat.rateKey === rateKey &&
      seat.stage === STAGE.ORGANIZATION,
  );
  return started.length + passed.length;
}

/** Of those that waited at the last look, none was passed over for one that is worse or came later. */
export function passedOver(before: QueueView, after: QueueView): string[] {
  const seatsOf = ({ seats }: QueueView) =>
    new Map(seats.map((seat) => [seat.runId, seat]));
  const [earlier, later] = [seatsOf(before), seatsOf(after)];
  const wasActive = new Set(before.runs.filter(isActive).map(({ _id }) => _id));
  const begun = after.runs.filter(
    (run) =>
      isActive(run) && !wasActive.has(run._id) && !after.forced.has(run._id),
  );
  return begun.flatMap(({ _id, number }) => {
    const seat = later.get(_id);
    if (seat === undefined) return [];
    return [...earlier.values()].flatMap((waited) => {
      const still = later.get(waited.runId);
      if (still === undefined || !competes(waited, still, seat)) return [];
      const isBetter =
        still.rank < seat.rank ||
        (still.rank === seat.rank && still.since < seat.since);
      return isBetter
        ? [`#${number} began before ${JSON.stringify(still)}`]
        : [];
    });
  });
}

/** They waited for the same place, and it still waits. */
function competes(waited: Seat, still: Seat, begun: Seat): boolean {
  if (waited.stage === STAGE.DEBOUNCE || still.stage === STAGE.STARTED)
    return false;
  const atLast =
    waited.stage === STAGE.ORGANIZATION && still.stage === STAGE.ORGANIZATION;
  const sameLane =
    waited.workflowId === begun.workflowId &&
    waited.laneKey === begun.laneKey &&
    waited.rateKey === begun.rateKey;
  return atLast || sameLane;
}
