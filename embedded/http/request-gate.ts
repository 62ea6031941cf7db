/** Counts the requests that are being answered, so that a stop can wait for them. */
export class RequestGate {
  readonly #onIdle = new Set<() => void>();
  #inFlight = 0;
  #isClosed = false;

  get inFlight(): number {
    return this.#inFlight;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  async run(work: () => Promise<void>): Promise<void> {
    this.#inFlight += 1;
    try {
      await work();
    } finally {
      this.#inFlight -= 1;
      if (this.#inFlight === 0) this.#tellIdle();
    }
  }

  /** From here on requests are refused. Resolves when those that were let in are answered. */
  close(): Promise<void> {
    this.#isClosed = true;
    if (this.#inFlight === 0) return Promise.resolve();
    return new Promise((resolve) => this.#onIdle.add(resolve));
  }

  #tellIdle(): void {
    for (const resolve of this.#onIdle) resolve();
    this.#onIdle.clear();
  }
}
