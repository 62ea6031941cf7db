/** The chunks of a body, from a sender that can be held up to whoever reads them. */

const HIGH_WATER_BYTES = 64 * 1024;

interface Sender {
  pause(): void;
  resume(): void;
}
type Result = IteratorResult<Uint8Array, undefined>;
type Waiting = {
  resolve: (result: Result) => void;
  reject: (error: Error) => void;
};

/** A body that broke off, as Node's `fetch` names it. */
export class Terminated extends TypeError {
  constructor(cause: unknown) {
    super("terminated", { cause });
  }
}

export class ChunkQueue implements AsyncIterableIterator<Uint8Array> {
  readonly #chunks: Uint8Array[] = [];
  readonly #waiting: Waiting[] = [];
  #bytes = 0;
  /** Unset while it is not held up. */
  #held: Sender | null = null;
  #outcome: { error: Error | null } | null = null;

  get isComplete(): boolean {
    return this.#outcome !== null;
  }

  push(chunk: Uint8Array, sender: Sender): void {
    const waiting = this.#waiting.shift();
    if (waiting !== undefined)
      return waiting.resolve({ done: false, value: chunk });
    this.#chunks.push(chunk);
    this.#bytes += chunk.byteLength;
    if (this.#bytes < HIGH_WATER_BYTES || this.#held !== null) return;
    this.#held = sender;
    sender.pause();
  }

  end(): void {
    this.#settle({ error: null });
  }

  /** What has arrived before can still be read. */
  fail(cause: unknown): void {
    this.#settle({ error: new Terminated(cause) });
  }

  next(): Promise<Result> {
    const chunk = this.#chunks.shift();
    if (chunk !== undefined) return Promise.resolve(this.#taken(chunk));
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#answerWaiting();
    });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #taken(chunk: Uint8Array): Result {
    this.#bytes -= chunk.byteLength;
    if (this.#chunks.length === 0) {
      this.#held?.resume();
      this.#held = null;
    }
    return { done: false, value: chunk };
  }

  #settle(outcome: { error: Error | null }): void {
    this.#outcome ??= outcome;
    this.#answerWaiting();
  }

  #answerWaiting(): void {
    if (this.#outcome === null) return;
    const { error } = this.#outcome;
    for (const { resolve, reject } of this.#waiting.splice(0)) {
      if (error === null) resolve({ done: true, value: undefined });
      else reject(error);
    }
  }
}
