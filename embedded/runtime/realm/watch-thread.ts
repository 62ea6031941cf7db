/**
 * Entry point of the thread that watches the main one. It stays in a script that ends on SIGINT, so Node's thread for
 * that signal is there all the time, and a region of the main thread costs no thread of its own. The signal goes to
 * whoever began to wait for it last: to the region, when one is open, and else to us.
 */
import { performance } from "node:perf_hooks";
import vm from "node:vm";
import { parentPort, workerData } from "node:worker_threads";
import { hasCode } from "./error-code";
import {
  exchange,
  LIMIT_MS,
  PARKED,
  REGION,
  type WatchCells,
} from "./watch-cells";

/** A region is stopped at most so much too late. */
const LOOK_EVERY_MS = 20;
const PARK_AFTER_MS = 1000;
const HOLD = "%lockstepHold";

const cells = workerData as WatchCells;
let seen = 0;
let seenAt = 0;
let isAnnounced = false;

/** Ends only by the signal. */
function hold(): never {
  if (!isAnnounced) parentPort?.postMessage("watching");
  isAnnounced = true;
  Atomics.store(cells, PARKED, 0);
  for (;;) {
    const leftMs = look(performance.now());
    if (leftMs === null) park();
    else Atomics.wait(cells, PARKED, 0, Math.max(leftMs, 1));
  }
}

/** How long to wait until the next look; null when there has been nothing to look at for long. */
function look(now: number): number | null {
  const region = Atomics.load(cells, REGION);
  if (region !== seen) [seen, seenAt] = [region, now];
  const elapsedMs = now - seenAt;
  if (region <= 0) return elapsedMs > PARK_AFTER_MS ? null : LOOK_EVERY_MS;
  const leftMs = Atomics.load(cells, LIMIT_MS) - elapsedMs;
  if (leftMs > 0) return Math.min(leftMs, LOOK_EVERY_MS);
  if (exchange(cells, region, -region)) interrupt();
  return LOOK_EVERY_MS;
}

/** Who opens a region looks at `PARKED` after it has written the region; so we look the other way round. */
function park(): void {
  Atomics.store(cells, PARKED, 1);
  if (Atomics.load(cells, REGION) === 0) Atomics.wait(cells, PARKED, 1);
  Atomics.store(cells, PARKED, 0);
  seenAt = performance.now();
}

function interrupt(): void {
  process.kill(process.pid, "SIGINT");
}

Object.defineProperty(globalThis, HOLD, { value: hold });
const holding = new vm.Script(`globalThis[${JSON.stringify(HOLD)}]()`);
for (;;) {
  try {
    holding.runInThisContext({ breakOnSigint: true });
  } catch (error) {
    if (!hasCode(error, "ERR_SCRIPT_EXECUTION_INTERRUPTED")) throw error;
    // Ours was for a region that had been open when we began to wait, so that it was not the last.
    if (Atomics.load(cells, REGION) < 0) interrupt();
    else parentPort?.postMessage("interrupted");
  }
}
