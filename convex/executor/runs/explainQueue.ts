/** Why a run has not begun, from the rows of its queue. */
import type { Doc } from "../../_generated/dataModel";
import type { QueryCtx } from "../../functions";
import { type Limits, limitsOf } from "../../model/flowLimits";
import type { ExplanationPart } from "../../validators/runs";
import { rateOpensAt } from "../queue/gates";
import {
  atRate,
  holdersIn,
  queueIn,
  queueOfOrganization,
  type Seat,
  STAGE,
} from "../queue/runSeats";

/** A place further back is "more than 100". */
const MAX_AHEAD = 100;
/** Runs that are named; the others are counted. */
const NAMED = 3;

export const text = (words: string): ExplanationPart => ({
  kind: "text",
  text: words,
});

export async function explainQueued(
  ctx: QueryCtx,
  { seatId }: Doc<"workflowRuns">,
): Promise<ExplanationPart[]> {
  const seat =
    seatId === undefined ? null : await ctx.db.get("runSeats", seatId);
  if (seat === null || seat.stage >= STAGE.STARTING)
    return [text("Starts in a moment.")];
  if (seat.stage === STAGE.DEBOUNCE) return explainDebounced(seat);
  const limits = await limitsOf(ctx, seat);
  if (limits.isHeld) return explainHeld(limits);
  if (seat.stage === STAGE.LANE) return await explainLane(ctx, seat, limits);
  if (seat.stage === STAGE.RATE) return await explainRate(ctx, seat, limits);
  const ahead = await aheadOf(
    queueOfOrganization(ctx, seat.organizationId),
    seat,
  );
  const limit = limits.organizationLimit ?? 0;
  return [
    text(
      `Queued ${behind(ahead)}: only ${runs(limit)} of the organization may go at once.`,
    ),
  ];
}

function explainDebounced({ debounce }: Seat): ExplanationPart[] {
  if (debounce === null) return [text("Starts in a moment.")];
  const { dueAt, triggers } = debounce;
  const came =
    triggers === 1 ? "" : ` ${triggers} came so far; the last counts.`;
  return [
    text("Waits for further triggers until "),
    { kind: "time", at: dueAt },
    text(`.${came}`),
  ];
}

function explainHeld({ workflow }: Limits): ExplanationPart[] {
  const pause = workflow?.pause;
  if (pause === undefined)
    return [text("Held while the workflow is archived.")];
  return [
    text(`Held until the workflow is resumed: ${pause.by} paused it at `),
    { kind: "time", at: pause.at },
    text("."),
  ];
}

async function explainLane(
  ctx: QueryCtx,
  seat: Seat,
  { flow }: Limits,
): Promise<ExplanationPart[]> {
  const limit = flow?.concurrency?.limit ?? null;
  if (limit === null) return [text("Starts in a moment.")];
  const ahead = await aheadOf(queueIn(ctx, seat), seat);
  const holders = await holdersIn(ctx, seat).take(NAMED);
  const named = await Promise.all(
    holders.map(({ runId }) => ctx.db.get("workflowRuns", runId)),
  );
  const key = seat.laneKey === "" ? "" : ` for “${seat.laneKey}”`;
  const links = named.flatMap((run, index) =>
    run === null
      ? []
      : [
          ...(index === 0 ? [] : [text(", ")]),
          { kind: "run" as const, runId: run._id, number: run.number },
        ],
  );
  return [
    text(
      `Queued ${behind(ahead)}: only ${runs(limit)} of this workflow may go at once${key}`,
    ),
    ...(links.length === 0 ? [] : [text(", and now it is "), ...links]),
    text(limit > links.length && links.length > 0 ? " and others." : "."),
  ];
}

async function explainRate(
  ctx: QueryCtx,
  seat: Seat,
  { flow }: Limits,
): Promise<ExplanationPart[]> {
  const rate = flow?.rateLimit ?? null;
  if (rate === null) return [text("Starts in a moment.")];
  const ahead = await aheadOf(atRate(ctx, seat, STAGE.RATE), seat);
  // What counts now is in the rows: those that no longer count are behind it, and do not matter.
  const now = (seat.wakeAt ?? seat.movedAt) - rate.periodMs;
  const opensAt =
    seat.wakeAt ?? (await rateOpensAt(ctx, seat, { ...rate, now }));
  const key = seat.rateKey === "" ? "" : ` for “${seat.rateKey}”`;
  const limit = `only ${rate.limit === 1 ? "1 run" : `${rate.limit} runs`} may start in ${seconds(rate.periodMs)}${key}.`;
  if (ahead > 0 || opensAt === null)
    return [text(`Queued ${behind(ahead)}: ${limit}`)];
  return [
    text("Queued until "),
    { kind: "time", at: opensAt },
    text(`: ${limit}`),
  ];
}

type Queue = ReturnType<typeof queueIn>;

async function aheadOf(queue: Queue, seat: Seat): Promise<number> {
  const first = await queue.take(MAX_AHEAD + 1);
  const place = first.findIndex(({ _id }) => _id === seat._id);
  return place === -1 ? MAX_AHEAD + 1 : place;
}

function behind(ahead: number): string {
  if (ahead === 0) return "as the next to start";
  if (ahead > MAX_AHEAD) return `behind more than ${MAX_AHEAD} runs`;
  return `behind ${runs(ahead)}`;
}

const runs = (count: number) => (count === 1 ? "1 run" : `${count} runs`);

/** A period as it is written in a workflow. */
function seconds(ms: number): string {
  if (ms % 3_600_000 === 0) return `${ms / 3_600_000} h`;
  if (ms % 60_000 === 0) return `${ms / 60_000} min`;
  return `${ms / 1_000} s`;
}
