/**
 * Mutations, executed one after the other in the order in which they were asked for. Those that are ready together share
 * a turn of the event loop, hence one group of the committer, and one watchdog. A turn is short, so that many mutations
 * keep nobody else waiting. Invariants:
 *  Q1  From its start until its end a mutation is alone: nothing else is read or written.
 *  Q2  The watchdog stops handlers. The host's own work runs within its reach only early on; if it is stopped
 *      nevertheless (the process was asleep), a mutation that was starting starts once more, apart, and of one that was
 *      being stored the open group is lost as a whole: its mutations are executed again, in their order, and stored
 *      out of the watchdog's reach.
 */
import { TimedOut } from "./errors";
import { isWatchedEarly, runWatched } from "./realm/watchdog";
import type { MutationRun } from "./mutation-run";

const TURN_MS = 20;
/** Taken before a test installs fake timers. */
const nextTurn = setImmediate;

export class MutationQueue {
  readonly #userTimeMs: number;
  #waiting: MutationRun[] = [];
  #current: MutationRun | null = null;
  #isScheduled = false;

  constructor(userTimeMs: number) {
    this.#userTimeMs = userTimeMs;
  }

  get length(): number {
    return this.#waiting.length;
  }

  add(run: MutationRun): void {
    this.#waiting.push(run);
    this.#schedule();
  }

  /** For one that was here before: it comes before all that were asked for later. */
  addAgain(run: MutationRun): void {
    const later = this.#waiting.findIndex(({ number }) => number > run.number);
    this.#waiting.splice(later === -1 ? Infinity : later, 0, run);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    process.nextTick(() => this.#takeTurn());
  }

  #takeTurn(): void {
    const end = performance.now() + TURN_MS;
    while (this.#waiting.length > 0 && performance.now() < end)
      this.#runBatch(end);
    this.#isScheduled = this.#waiting.length > 0;
    if (this.#isScheduled) nextTurn(() => this.#takeTurn());
  }

  #runBatch(turnEnd: number): void {
    const limitMs = TURN_MS + this.#userTimeMs;
    const end = runWatched(() => this.#runUntil(turnEnd), limitMs);
    const run = this.#current;
    this.#current = null;
    if (run === null) return;
    if (end === "whole") run.complete();
    else run.interrupted(new TimedOut(this.#userTimeMs, end === "starved"));
  }

  /** May be stopped at any point: what it has begun is in `#current`. */
  #runUntil(turnEnd: number): void {
    while (performance.now() < turnEnd) {
      const run = this.#waiting.shift();
      if (run === undefined) return;
      this.#current = run;
      run.start();
      run.runHandler();
      if (run.isCompletedApart || !isWatchedEarly()) return;
      run.complete();
      this.#current = null;
    }
  }
}
