import v8 from "node:v8";
import type { ThrownDescription } from "./realm-host";
import { atRegionEnd } from "./watchdog";

/** What a handler's promises come to, as far as somebody asks. */
export interface RejectionWatch {
  /** A rejection without a handler was seen, and nobody knows what became of it. */
  readonly isUnclear: boolean;
  /** Only inside a watched region. */
  collect(work: () => void): void;
  /** For what runs in the middle of `collect` and has promises of its own, such as a function that is called. */
  suspended<T>(work: () => T): T;
  /** For `work` that was stopped by a watchdog. */
  stop(): void;
  /** A promise that nobody will ever handle, and that is not rejected. */
  ignore(promise: object): void;
  /** Watching a promise also handles it, so that the process is never told. */
  first(
    watch: (
      promise: object,
      rejected: (thrown: ThrownDescription) => void,
    ) => void,
    drain: () => void,
  ): ThrownDescription | null;
}

/** Whose promises are those that are made now. */
let listening: UnhandledRejections | null = null;
let removeHook: (() => void) | null = null;

/**
 * Finds promises that were rejected and have no handler. V8 reports them to the process only later, when the
 * transaction is over; but every handler is a promise derived from another, which the init hook sees. That slows a handler
 * down by a fifth, so it is for those of which `NoticedRejections` has seen that something was rejected.
 */
export class UnhandledRejections implements RejectionWatch {
  readonly isUnclear = false;
  readonly #handled = new WeakSet<object>();
  readonly #suspects = new Set<object>();

  collect(work: () => void): void {
    listen(this);
    try {
      work();
    } finally {
      listening = null;
    }
  }

  suspended<T>(work: () => T): T {
    const before = listening;
    listening = null;
    try {
      return work();
    } finally {
      listening = before;
    }
  }

  stop(): void {
    if (listening === this) listening = null;
  }

  made(parent: object | undefined): void {
    if (parent === undefined) return;
    this.#handled.add(parent);
    this.#suspects.delete(parent);
  }

  settled(promise: object): void {
    if (!this.#handled.has(promise)) this.#suspects.add(promise);
  }

  ignore(promise: object): void {
    this.made(promise);
  }

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
}

/** Hooks slow down every promise of the process, and changing them costs something, too: they stay for a region. */
function listen(rejections: UnhandledRejections): void {
  listening = rejections;
  if (removeHook !== null) return;
  removeHook = v8.promiseHooks.createHook({
    init: (_promise, parent) => listening?.made(parent),
    settled: (promise) => listening?.settled(promise),
  }) as () => void;
  atRegionEnd(() => {
    removeHook?.();
    removeHook = null;
  });
}
