import type { StatusKey } from "../../lib/run-status";

/** One cell of a loop's strip: iterations `from..to` (inclusive) and the status that matters most in it. */
export type StripCell = { from: number; to: number; status: StatusKey | null };

const MAX_CELLS = 200;

/** Worst first: what a cell that stands for several iterations shows. */
const PRECEDENCE: readonly StatusKey[] = [
  "failed",
  "interrupted",
  "retrying",
  "running",
  "deciding",
  "sleeping",
  "listening",
  "queued",
  "cancelled",
  "pending",
  "skipped",
  "completed",
];

/** Cells of a loop of `total` iterations; `statusAt` is null for one that is not known. */
export function binIterations(
  total: number,
  statusAt: (index: number) => StatusKey | null,
  maxCells = MAX_CELLS,
): StripCell[] {
  const cells = Math.min(total, maxCells);
  return Array.from({ length: cells }, (_, cell) => {
    const from = Math.floor((cell * total) / cells);
    const to = Math.floor(((cell + 1) * total) / cells) - 1;
    return { from, to, status: worstOf(from, to, statusAt) };
  });
}

function worstOf(
  from: number,
  to: number,
  statusAt: (index: number) => StatusKey | null,
): StatusKey | null {
  let worst: StatusKey | null = null;
  for (let index = from; index <= to; index += 1) {
    const status = statusAt(index);
    if (status !== null && (worst === null || rank(status) < rank(worst)))
      worst = status;
  }
  return worst;
}

function rank(status: StatusKey): number {
  return PRECEDENCE.indexOf(status);
}
