/** `Event`, `CustomEvent` and `EventTarget`, without a tree: there is nothing to bubble to. */
type Callback =
  ((event: Event) => void) | { handleEvent: (event: Event) => void };
type ListenerOptions = {
  once?: boolean;
  capture?: boolean;
  signal?: { aborted: boolean } & EventTarget;
};
type Listener = { callback: Callback; once: boolean; capture: boolean };

const dispatch = Symbol("dispatch");

export class Event {
  readonly type: string;
  readonly bubbles: boolean;
  readonly cancelable: boolean;
  readonly composed = false;
  readonly eventPhase = 2;
  readonly isTrusted = false;
  readonly timeStamp = 0;
  #target: EventTarget | null = null;
  #prevented = false;
  #stopped = false;

  constructor(
    type: string,
    init: { bubbles?: boolean; cancelable?: boolean } = {},
  ) {
    this.type = String(type);
    this.bubbles = init.bubbles ?? false;
    this.cancelable = init.cancelable ?? false;
  }

  get target(): EventTarget | null {
    return this.#target;
  }

  get currentTarget(): EventTarget | null {
    return this.#target;
  }

  get defaultPrevented(): boolean {
    return this.#prevented;
  }

  composedPath(): EventTarget[] {
    return this.#target === null ? [] : [this.#target];
  }

  preventDefault(): void {
    if (this.cancelable) this.#prevented = true;
  }

  stopPropagation(): void {}

  stopImmediatePropagation(): void {
    this.#stopped = true;
  }

  /** True when no listener may hear of it any more. */
  [dispatch](target: EventTarget): boolean {
    this.#target = target;
    return this.#stopped;
  }

  get [Symbol.toStringTag](): string {
    return "Event";
  }
}

export class CustomEvent extends Event {
  readonly detail: unknown;

  constructor(
    type: string,
    init: { bubbles?: boolean; cancelable?: boolean; detail?: unknown } = {},
  ) {
    super(type, init);
    this.detail = init.detail ?? null;
  }
}

export class EventTarget {
  readonly #listeners = new Map<string, Listener[]>();

  addEventListener(
    type: string,
    callback: Callback | null,
    options: boolean | ListenerOptions = {},
  ): void {
    const given = typeof options === "boolean" ? { capture: options } : options;
    if (callback === null || given.signal?.aborted === true) return;
    const capture = given.capture ?? false;
    const listeners = this.#listeners.get(type) ?? [];
    if (listeners.some(sameAs(callback, capture))) return;
    const added = { callback, capture, once: given.once ?? false };
    this.#listeners.set(type, [...listeners, added]);
    given.signal?.addEventListener("abort", () =>
      this.removeEventListener(type, callback, capture),
    );
  }

  removeEventListener(
    type: string,
    callback: Callback | null,
    options: boolean | ListenerOptions = {},
  ): void {
    if (callback === null) return;
    const capture =
      typeof options === "boolean" ? options : (options.capture ?? false);
    const isRemoved = sameAs(callback, capture);
    const kept = (this.#listeners.get(type) ?? []).filter(
      (listener) => !isRemoved(listener),
    );
    this.#listeners.set(type, kept);
  }

  dispatchEvent(event: Event): boolean {
    for (const listener of this.#listeners.get(event.type) ?? []) {
      if (event[dispatch](this)) break;
      if (listener.once)
        this.removeEventListener(
          event.type,
          listener.callback,
          listener.capture,
        );
      notify(this, listener.callback, event);
    }
    return !event.defaultPrevented;
  }

  get [Symbol.toStringTag](): string {
    return "EventTarget";
  }
}

function sameAs(
  callback: Callback,
  capture: boolean,
): (listener: Listener) => boolean {
  return (listener) =>
    listener.callback === callback && listener.capture === capture;
}

/** What a listener throws is an error of the execution, not of who dispatched. */
function notify(target: EventTarget, callback: Callback, event: Event): void {
  try {
    if (typeof callback === "function") callback.call(target, event);
    else callback.handleEvent(event);
  } catch (error) {
    void (async () => {
      throw error;
    })();
  }
}
