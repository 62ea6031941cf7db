/** What the main thread and the one that watches it share. */

/** The region that is open, by a number it alone has; 0: none. Negative: it has been asked to stop. */
export const REGION = 0;
/** How long it may last, in ms. Written before `REGION`. */
export const LIMIT_MS = 1;
/** 1 while the watching thread sleeps until a region opens. */
export const PARKED = 2;
const CELLS = 3;

export type WatchCells = Int32Array;

export function newWatchCells(): WatchCells {
  return new Int32Array(new SharedArrayBuffer(4 * CELLS));
}

/** Takes the region back, unless the other side was first. */
export function exchange(cells: WatchCells, from: number, to: number): boolean {
  return Atomics.compareExchange(cells, REGION, from, to) === from;
}
