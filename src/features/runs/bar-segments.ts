import type { AttemptRow, StepRow } from "../../../convex/validators/steps";
import {
  STATUS,
  statusOf,
  type StatusKey,
  type BarPattern,
  type StatusFamily,
} from "../../lib/run-status";
import type { Interval } from "./time-axis";

/** A piece of a step's bar. `to` is null while it still grows. */
export type BarSegment = {
  from: number;
  to: number | null;
  family: StatusFamily;
  pattern: BarPattern;
  /** A dark cap at the end: it failed here. */
  endCap: boolean;
};

/** Shorter time in the queue is not worth a segment. */
const MIN_QUEUED_MS = 50;

/** The bar of a step: time in the queue, then its attempts with the backoff between them. */
export function segmentsOf(
  row: StepRow,
  attempts: readonly AttemptRow[] | null,
): BarSegment[] {
  if (row.startedAt === null)
    return isWaitingToStart(row) ? [queued(row, null)] : [];
  const segments =
    attempts !== null && hasSeveralPieces(row, attempts.length)
      ? attemptSegments(row, attempts)
      : [wholeSegment(row, row.startedAt)];
  const inQueue = row.startedAt - row.createdAt;
  return inQueue >= MIN_QUEUED_MS && row.kind !== "iteration"
    ? [queued(row, row.startedAt), ...segments]
    : segments;
}

/** Whether attempts say more about a step than its start and end: it was retried, or was to be. */
export function hasSeveralPieces(row: StepRow, attempts: number): boolean {
  const { kind } = row.state;
  return attempts > 1 || (attempts === 1 && kind === "retrying");
}

function isWaitingToStart(row: StepRow): boolean {
  return row.state.kind === "pending";
}

function queued(row: StepRow, to: number | null): BarSegment {
  return {
    from: row.createdAt,
    to,
    family: "neutral",
    pattern: "hollow",
    endCap: false,
  };
}

/** Steps that do nothing but wait look like it, also when they have ended. */
const WAITING_LOOK: Partial<Record<StepRow["kind"], StatusKey>> = {
  delay: "sleeping",
  waitForEvent: "listening",
  approval: "deciding",
  run: "inside",
};

function wholeSegment(row: StepRow, from: number): BarSegment {
  const look = STATUS[WAITING_LOOK[row.kind] ?? statusOf(row.state)];
  const { family, pattern } = look;
  const endCap = row.state.kind === "failed";
  return { from, to: row.endedAt, family, pattern, endCap };
}

function attemptSegments(
  row: StepRow,
  attempts: readonly AttemptRow[],
): BarSegment[] {
  const segments: BarSegment[] = [];
  attempts.forEach((attempt, index) => {
    const { family, pattern } = STATUS[attempt.status];
    const { startedAt: from, endedAt: to } = attempt;
    segments.push({
      from,
      to,
      family,
      pattern,
      endCap: attempt.status === "failed",
    });
    const next = attempts[index + 1];
    if (to !== null && next !== undefined)
      segments.push(backoff(to, next.startedAt));
    if (to !== null && next === undefined && row.state.kind === "retrying")
      segments.push(backoff(to, null));
    if (to !== null && next === undefined && row.state.kind === "cancelled")
      segments.push(backoff(to, row.endedAt));
  });
  return segments;
}

function backoff(from: number, to: number | null): BarSegment {
  const { family, pattern } = STATUS.retrying;
  return { from, to, family, pattern, endCap: false };
}

/** When the rows did work: what idle time is measured against. Waits do not count. */
export function workIntervals(
  rows: Iterable<StepRow>,
  isExpandedFully: (key: string) => boolean,
  now: number,
): Interval[] {
  const intervals: Interval[] = [];
  for (const row of rows)
    if (row.startedAt !== null && countsAsWork(row, isExpandedFully))
      intervals.push({ start: row.startedAt, end: row.endedAt ?? now });
  return intervals;
}

const ONLY_GROUPS: ReadonlySet<StepRow["kind"]> = new Set<StepRow["kind"]>([
  "condition",
  "switch",
  "parallel",
  "branch",
]);

function countsAsWork(
  row: StepRow,
  isExpandedFully: (key: string) => boolean,
): boolean {
  if (WAITING_LOOK[row.kind] !== undefined) return false;
  if (row.state.kind === "retrying") return false;
  if (ONLY_GROUPS.has(row.kind)) return false;
  const isGroup = row.kind === "loop" || row.kind === "iteration";
  return !isGroup || !isExpandedFully(row.key);
}
