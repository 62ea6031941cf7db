import type { QuickJSRuntime } from "quickjs-emscripten-core";

/**
 * Inside a Convex mutation the clock stands still, so time is also counted in interrupts: QuickJS asks
 * every 10,000 branches or calls, about every half millisecond of busy code.
 */
const INTERRUPTS_PER_MS = 10;
/**
 * Where nobody is asked for long, as while memory is filled, only `performance.now` goes on in a mutation. A budget may take
 * so many times as long by it: a busy machine gives no time.
 */
const PATIENCE = 5;

/** What user code may still use. Its interrupts cannot be caught by user code. */
export class Budget {
  #deadline = Infinity;
  #latest = Infinity;
  #interruptsLeft = Infinity;
  #ms = 0;
  exceeded = false;

  constructor(runtime: QuickJSRuntime) {
    runtime.setInterruptHandler(() => {
      this.#interruptsLeft -= 1;
      this.exceeded ||=
        this.#interruptsLeft <= 0 ||
        Date.now() > this.#deadline ||
        performance.now() > this.#latest;
      return this.exceeded;
    });
  }

  get ms(): number {
    return this.#ms;
  }

  /** Interrupts since the last `allow`. */
  get interruptsSpent(): number {
    return this.#ms * INTERRUPTS_PER_MS - this.#interruptsLeft;
  }

  /** `Infinity` is for code of ours. `interruptsSpent` counts as if it had been spent since. */
  allow(ms: number, interruptsSpent = 0): void {
    this.#ms = ms;
    this.#deadline = Date.now() + ms;
    this.#latest = performance.now() + PATIENCE * ms;
    this.#interruptsLeft = ms * INTERRUPTS_PER_MS - interruptsSpent;
    this.exceeded = false;
  }
}
