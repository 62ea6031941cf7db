/**
 * Watches all regions of the main thread with one thread, through SIGINT: that is how Node stops a script from outside
 * without starting a thread for each. The signal belongs to the whole process, so only a program that is nothing but the
 * backend may do so. It reaches the script that began last. Invariants:
 *  W1  A region either ends or is stopped: both sides take it out of `REGION` by exchange.
 *  W2  While `REGION` names a region, a guard is around it that can take the signal: a region that was asked to stop
 *      and ends by itself waits for it there, so that it stops no other and does not end the process.
 *  W3  A signal that we have not sent is the user's, whichever script it has reached.
 */
import vm from "node:vm";
import { Worker } from "node:worker_threads";
import { watchSource } from "../bundled-sources";
import { hasCode } from "./error-code";
import {
  exchange,
  LIMIT_MS,
  newWatchCells,
  PARKED,
  REGION,
} from "./watch-cells";

type Region = { number: number; endsAt: number };
type Guarded = { work: () => void; endsAt: number; isStopped: boolean };

/** A signal takes microseconds; only a process that got no time at all comes near to this. */
const SIGNAL_MS = 10_000;
const MAX_NUMBER = 2 ** 30;
const INTERRUPTIBLE = { breakOnSigint: true };

export class SharedWatch {
  readonly #cells = newWatchCells();
  readonly #onInterrupt: () => void;
  readonly #guard = new vm.Script("guarded()");
  readonly #context = vm.createContext({ guarded: () => this.#guarded() });
  #entering: Guarded | null = null;
  #open: Region | null = null;
  #numbers = 0;

  private constructor(onInterrupt: () => void) {
    this.#onInterrupt = onInterrupt;
  }

  /** SIGINT from outside is told to `onInterrupt`: listeners of `process` are not called. */
  static async start(onInterrupt: () => void): Promise<SharedWatch> {
    const watch = new SharedWatch(onInterrupt);
    const worker = new Worker(watchSource(), {
      eval: true,
      workerData: watch.#cells,
      execArgv: [],
    });
    await new Promise((resolve) => worker.once("message", resolve));
    worker.on("message", onInterrupt);
    worker.unref();
    return watch;
  }

  /** False when it was stopped, at the latest where it would have ended. Throws what the script throws. */
  run(script: vm.Script, context: vm.Context, limitMs: number): boolean {
    const outer = this.#open;
    const endsAt = Math.min(
      performance.now() + limitMs,
      outer?.endsAt ?? Infinity,
    );
    const work = (): void => void script.runInContext(context, INTERRUPTIBLE);
    const guarded = { work, endsAt, isStopped: false };
    this.#entering = guarded;
    try {
      this.#guard.runInContext(this.#context, INTERRUPTIBLE);
    } catch (error) {
      if (!isInterruption(error)) throw error;
      guarded.isStopped = true;
    } finally {
      this.#leave(guarded, outer);
    }
    return !guarded.isStopped;
  }

  #guarded(): void {
    const guarded = this.#entering;
    if (guarded === null) return;
    const { number } = this.#begin(guarded.endsAt);
    try {
      guarded.work();
    } catch (error) {
      guarded.isStopped = isInterruption(error);
      if (!guarded.isStopped) throw error;
    } finally {
      if (!exchange(this.#cells, number, 0) && !guarded.isStopped)
        Atomics.wait(this.#cells, REGION, -number, SIGNAL_MS);
    }
  }

  #begin(endsAt: number): Region {
    this.#numbers = (this.#numbers % MAX_NUMBER) + 1;
    const number = this.#numbers;
    const limitMs = Math.max(1, Math.ceil(endsAt - performance.now()));
    Atomics.store(this.#cells, LIMIT_MS, limitMs);
    Atomics.store(this.#cells, REGION, number);
    if (Atomics.load(this.#cells, PARKED) === 1) this.#unpark();
    return (this.#open = { number, endsAt });
  }

  #unpark(): void {
    Atomics.store(this.#cells, PARKED, 0);
    Atomics.notify(this.#cells, PARKED);
  }

  #leave({ isStopped }: Guarded, outer: Region | null): void {
    const wasAsked = Atomics.exchange(this.#cells, REGION, 0) < 0;
    if (isStopped && !wasAsked) setImmediate(this.#onInterrupt);
    this.#open = outer === null ? null : this.#begin(outer.endsAt);
  }
}

function isInterruption(error: unknown): boolean {
  return hasCode(error, "ERR_SCRIPT_EXECUTION_INTERRUPTED");
}
