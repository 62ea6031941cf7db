/**
 * The time axis of a run, with idle time collapsed: pieces of time laid side by side, in which every
 * expanded piece has the same scale and every collapsed one a fixed width.
 */
import { DAY, formatDuration, HOUR, MINUTE, SECOND } from "../../lib/format";

export type Interval = { start: number; end: number };

export type AxisPiece = Interval & {
  idle: boolean;
  collapsed: boolean;
  x: number;
  width: number;
};

export type Axis = Interval & { width: number; pieces: AxisPiece[] };

export type AxisTick = { x: number; label: string };

type Piece = Interval & { idle: boolean; collapsed: boolean };

const MIN_COLLAPSIBLE_MS = 30 * SECOND;
const MIN_COLLAPSIBLE_SHARE = 0.1;
const BREAK_PX = 48;
const NARROW_BREAK_PX = 36;
const MANY_BREAKS = 8;
/** However many breaks there are, this share of the width stays for time that is not idle. */
const MAX_BREAKS_SHARE = 0.5;

/** A label with less room before the next break or the end is left out. */
const LABEL_PX = 40;

const STEPS = [
  ...[1, 2, 5, 10, 20, 50, 100, 200, 500],
  ...[1, 2, 5, 10, 15, 30].map((n) => n * SECOND),
  ...[1, 2, 5, 10, 15, 30].map((n) => n * MINUTE),
  ...[1, 2, 3, 6, 12].map((n) => n * HOUR),
  ...[1, 2, 7, 14, 30, 60, 180, 365].map((n) => n * DAY),
];

/** Lays `start..end` out on `width` pixels. `intervals` are when work was done, in any order. */
export function buildAxis(args: {
  intervals: readonly Interval[];
  start: number;
  end: number;
  width: number;
  collapseIdle: boolean;
}): Axis {
  const start = args.start;
  const end = Math.max(args.end, start + 1);
  const active = mergeIntervals(args.intervals, start, end);
  const pieces = withGaps(active, start, end);
  if (args.collapseIdle && active.length >= 2) collapseIdle(pieces);
  const width = Math.max(1, args.width);
  return { start, end, width, pieces: layOut(pieces, width) };
}

/** The pixel of a time; times outside the axis are at its ends. */
export function project(axis: Axis, time: number): number {
  const clamped = Math.min(Math.max(time, axis.start), axis.end);
  const piece = findPiece(axis, (candidate) => clamped <= candidate.end);
  if (piece === undefined) return 0;
  const span = piece.end - piece.start;
  const share = span === 0 ? 0 : (clamped - piece.start) / span;
  return piece.x + share * piece.width;
}

/** The time at a pixel. */
export function unproject(axis: Axis, x: number): number {
  const clamped = Math.min(Math.max(x, 0), axis.width);
  const piece = findPiece(axis, (p) => clamped <= p.x + p.width);
  if (piece === undefined) return axis.start;
  const share = piece.width === 0 ? 0 : (clamped - piece.x) / piece.width;
  return piece.start + share * (piece.end - piece.start);
}

/** The end of the axis while a run is active: rounded up, so that bars do not rescale at every tick. */
export function steadyEnd(start: number, now: number): number {
  const elapsed = Math.max(now - start, SECOND);
  const step = lastStepUpTo(elapsed / 3);
  return start + Math.ceil((elapsed + step / 4) / step) * step;
}

/** Ticks outside collapsed gaps: elapsed time at first, and after a gap the time since the gap. */
export function ticksOf(axis: Axis, minSpacingPx = 72): AxisTick[] {
  const scale = expandedScale(axis);
  if (scale === 0) return [];
  const step = firstStepFrom(minSpacingPx / scale);
  return stretchesOf(axis).flatMap((stretch, index) =>
    stretchTicks(axis, stretch, { step, afterGap: index > 0 }),
  );
}

export function mergeIntervals(
  intervals: readonly Interval[],
  start: number,
  end: number,
): Interval[] {
  const clamped = intervals
    .map((i) => ({
      start: Math.max(i.start, start),
      end: Math.min(i.end, end),
    }))
    .filter((i) => i.end >= i.start)
    .sort((a, b) => a.start - b.start);
  const merged: Interval[] = [];
  for (const next of clamped) {
    const last = merged.at(-1);
    if (last !== undefined && next.start <= last.end)
      last.end = Math.max(last.end, next.end);
    else merged.push(next);
  }
  return merged;
}

function withGaps(active: Interval[], start: number, end: number): Piece[] {
  const pieces: Piece[] = [];
  let at = start;
  const gapUntil = (until: number) => {
    if (until > at)
      pieces.push({ start: at, end: until, idle: true, collapsed: false });
  };
  for (const interval of active) {
    gapUntil(interval.start);
    pieces.push({ ...interval, idle: false, collapsed: false });
    at = interval.end;
  }
  gapUntil(end);
  return pieces;
}

/** Collapsing shrinks what is left, which can make further gaps long by comparison: until it settles. */
function collapseIdle(pieces: Piece[]): void {
  const gaps = pieces
    .filter((piece) => piece.idle)
    .sort((a, b) => length(b) - length(a));
  let expanded = pieces.reduce((sum, piece) => sum + length(piece), 0);
  for (const gap of gaps) {
    const least = Math.max(
      expanded * MIN_COLLAPSIBLE_SHARE,
      MIN_COLLAPSIBLE_MS,
    );
    if (length(gap) < least) return;
    gap.collapsed = true;
    expanded -= length(gap);
  }
}

function layOut(pieces: Piece[], width: number): AxisPiece[] {
  const breaks = pieces.filter((piece) => piece.collapsed).length;
  const wanted = breaks > MANY_BREAKS ? NARROW_BREAK_PX : BREAK_PX;
  const breakPx =
    breaks === 0 ? 0 : Math.min(wanted, (width * MAX_BREAKS_SHARE) / breaks);
  const left = width - breakPx * breaks;
  const expanded = pieces
    .filter((piece) => !piece.collapsed)
    .reduce((sum, piece) => sum + length(piece), 0);
  let x = 0;
  return pieces.map((piece) => {
    const share = expanded === 0 ? 0 : length(piece) / expanded;
    const own = piece.collapsed ? breakPx : left * share;
    const placed = { ...piece, x, width: own };
    x += own;
    return placed;
  });
}

/** First piece for which `reaches` holds; pieces are sorted, so once it holds it holds for all later ones. */
function findPiece(
  axis: Axis,
  reaches: (piece: AxisPiece) => boolean,
): AxisPiece | undefined {
  let low = 0;
  let high = axis.pieces.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    const piece = axis.pieces[middle];
    if (piece !== undefined && reaches(piece)) high = middle;
    else low = middle + 1;
  }
  return axis.pieces[low];
}

function length(interval: Interval): number {
  return interval.end - interval.start;
}

/** Pixels per millisecond of expanded time. */
function expandedScale(axis: Axis): number {
  const pieces = axis.pieces.filter((piece) => !piece.collapsed);
  const time = pieces.reduce((sum, piece) => sum + length(piece), 0);
  const px = pieces.reduce((sum, piece) => sum + piece.width, 0);
  return time === 0 ? 0 : px / time;
}

/** Expanded pieces between collapsed gaps, joined. */
function stretchesOf(axis: Axis): Interval[] {
  const expanded = axis.pieces.filter((piece) => !piece.collapsed);
  return mergeIntervals(expanded, axis.start, axis.end);
}

function stretchTicks(
  axis: Axis,
  stretch: Interval,
  { step, afterGap }: { step: number; afterGap: boolean },
): AxisTick[] {
  const ticks: AxisTick[] = [];
  const from = afterGap ? stretch.start + step : stretch.start;
  const room = project(axis, stretch.end) - LABEL_PX;
  for (let time = from; time <= stretch.end; time += step) {
    const x = project(axis, time);
    if (x > room && time > stretch.start) break;
    const label = formatDuration(time - stretch.start);
    const first = time === stretch.start;
    ticks.push({ x, label: afterGap ? `+${label}` : first ? "0 s" : label });
  }
  return ticks;
}

function firstStepFrom(ms: number): number {
  const last = STEPS.at(-1) ?? DAY;
  return STEPS.find((step) => step >= ms) ?? Math.ceil(ms / last) * last;
}

function lastStepUpTo(ms: number): number {
  return STEPS.findLast((step) => step <= ms) ?? SECOND;
}
