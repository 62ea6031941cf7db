/**
 * What the main thread and a worker share. Invariants:
 *  W1  Of a region's end and the decision to stop it exactly one happens: both take it out of `REGION` by exchange.
 *  W2  `ENTERED` names the action of the region that is open: it is written before the region opens.
 */

/** The id of the action whose code was entered last: when the worker dies, it was that one. */
const ENTERED = 0;
/** The region that is open, by a number it alone has; 0: none. Negative: it is being stopped. */
const REGION = 1;
const CELLS = 2;
const MAX_NUMBER = 2 ** 30;

export type WorkerCells = Int32Array;

export function newWorkerCells(): WorkerCells {
  return new Int32Array(new SharedArrayBuffer(4 * CELLS));
}

export function setEntered(cells: WorkerCells, action: number): void {
  Atomics.store(cells, ENTERED, action);
}

export function enteredAction(cells: WorkerCells): number {
  return Atomics.load(cells, ENTERED);
}

export function openRegion(cells: WorkerCells, count: number): number {
  const number = (count % MAX_NUMBER) + 1;
  Atomics.store(cells, REGION, number);
  return number;
}

/** False when it is being stopped instead. */
export function closeRegion(cells: WorkerCells, number: number): boolean {
  return Atomics.compareExchange(cells, REGION, number, 0) === number;
}

export function regionStopped(cells: WorkerCells): void {
  Atomics.store(cells, REGION, 0);
}

/** True when a region is open whose action `isOver`, and it is the caller's to stop it. */
export function takeRegion(
  cells: WorkerCells,
  isOver: (action: number) => boolean,
): boolean {
  const number = Atomics.load(cells, REGION);
  return (
    number > 0 &&
    isOver(enteredAction(cells)) &&
    Atomics.compareExchange(cells, REGION, number, -number) === number
  );
}
