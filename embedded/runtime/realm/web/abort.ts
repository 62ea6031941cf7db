import { DOMException } from "./dom-exception";
import { Event, EventTarget } from "./events";

const abort = Symbol("abort");
const CREATE = Symbol("create");

export class AbortSignal extends EventTarget {
  #aborted = false;
  #reason: unknown = undefined;
  onabort: ((event: Event) => void) | null = null;

  constructor(permission?: symbol) {
    if (permission !== CREATE) throw new TypeError("Illegal constructor");
    super();
  }

  get aborted(): boolean {
    return this.#aborted;
  }

  get reason(): unknown {
    return this.#reason;
  }

  throwIfAborted(): void {
    if (this.#aborted) throw this.#reason;
  }

  [abort](reason: unknown): void {
    if (this.#aborted) return;
    this.#aborted = true;
    this.#reason =
      reason ?? new DOMException("This operation was aborted", "AbortError");
    const event = new Event("abort");
    this.onabort?.(event);
    this.dispatchEvent(event);
  }

  static abort(reason?: unknown): AbortSignal {
    const signal = new AbortSignal(CREATE);
    signal[abort](reason);
    return signal;
  }

  static timeout(delayMs: number): AbortSignal {
    const signal = new AbortSignal(CREATE);
    const text = "The operation was aborted due to timeout";
    setTimeout(
      () => signal[abort](new DOMException(text, "TimeoutError")),
      delayMs,
    );
    return signal;
  }

  static any(sources: Iterable<AbortSignal>): AbortSignal {
    const signal = new AbortSignal(CREATE);
    for (const source of sources) {
      const follow = () => signal[abort](source.reason);
      if (source.aborted) follow();
      else source.addEventListener("abort", follow, { once: true });
    }
    return signal;
  }

  override get [Symbol.toStringTag](): string {
    return "AbortSignal";
  }
}

export class AbortController {
  readonly signal = new AbortSignal(CREATE);

  abort(reason?: unknown): void {
    this.signal[abort](reason);
  }

  get [Symbol.toStringTag](): string {
    return "AbortController";
  }
}
