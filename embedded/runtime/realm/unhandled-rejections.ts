import v8 from "node:v8";
import type { ThrownDescription } from "./realm-host";

/**
 * Finds promises that were rejected and have no handler. V8 reports them to the process only later, when the
 * transaction is over; but every handler is a promise derived from another, which the init hook sees.
 */
export class UnhandledRejections {
  readonly #handled = new WeakSet<object>();
  readonly #suspects = new Set<object>();
  #stop: (() => void) | null = null;

  collect(work: () => void): void {
    this.#listen();
    try {
      work();
    } finally {
      this.stop();
    }
  }

  /** For what runs in the middle of `collect` and has promises of its own, such as a function that is called. */
  suspended<T>(work: () => T): T {
    const wasListening = this.#stop !== null;
    this.stop();
    try {
      return work();
    } finally {
      if (wasListening) this.#listen();
    }
  }

  /** For `work` that was stopped by a watchdog. */
  stop(): void {
    this.#stop?.();
    this.#stop = null;
  }

  /** A promise that nobody will ever handle, and that is not rejected. */
  ignore(promise: object): void {
    this.#handled.add(promise);
    this.#suspects.delete(promise);
  }

  /** Watching a promise also handles it, so that the process is never told. */
  first(
    watch: (
      promise: object,
      rejected: (thrown: ThrownDescription) => void,
    ) => void,
    drain: () => void,
  ): ThrownDescription | null {
    if (this.#suspects.size === 0) return null;
    let first: ThrownDescription | null = null;
    for (const promise of this.#suspects)
      watch(promise, (thrown) => (first ??= thrown));
    drain();
    return first;
  }

  #listen(): void {
    this.#stop = v8.promiseHooks.createHook({
      init: (_promise, parent) => this.#markHandled(parent),
      settled: (promise) => {
        if (!this.#handled.has(promise)) this.#suspects.add(promise);
      },
    }) as () => void;
  }

  #markHandled(parent: object | undefined): void {
    if (parent === undefined) return;
    this.#handled.add(parent);
    this.#suspects.delete(parent);
  }
}
