import { BackendError } from "../../database/backend-error";

type Waiter = { start: () => void };

/** At most so many at once; the others wait in the order in which they came. */
export class Permits {
  readonly #limit: number;
  readonly #kind: string;
  readonly #waiters = new Set<Waiter>();
  #running = 0;

  /** `kind` is for the text of refusals: "action", "Node.js action". */
  constructor(limit: number, kind: string) {
    this.#limit = limit;
    this.#kind = kind;
  }

  get running(): number {
    return this.#running;
  }

  get waiting(): number {
    return this.#waiters.size;
  }

  /** Refuses with `TooManyConcurrentRequests` what could not begin within `waitMs`. */
  async run<T>(work: () => Promise<T>, waitMs: number): Promise<T> {
    if (this.#running >= this.#limit) await this.#turn(waitMs);
    else this.#running += 1;
    try {
      return await work();
    } finally {
      this.#release();
    }
  }

  /** A freed permit goes straight to the first who waits, so `#running` does not change. */
  #release(): void {
    const [next] = this.#waiters;
    if (next === undefined) {
      this.#running -= 1;
      return;
    }
    this.#waiters.delete(next);
    next.start();
  }

  #turn(waitMs: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer =
        waitMs === Infinity
          ? undefined
          : setTimeout(() => {
              this.#waiters.delete(waiter);
              reject(this.#refusal());
            }, waitMs);
      const waiter: Waiter = {
        start: () => {
          clearTimeout(timer);
          resolve();
        },
      };
      this.#waiters.add(waiter);
    });
  }

  #refusal(): BackendError {
    return new BackendError(
      "TooManyConcurrentRequests",
      `Too many concurrent requests. Your backend is limited to ${this.#limit} concurrent ${this.#kind}s.`,
      { status: 429 },
    );
  }
}
