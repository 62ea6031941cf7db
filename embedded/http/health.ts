import type { Database } from "../database/types";
import { BackendError } from "../database/backend-error";
import { storageFailureText } from "../runtime/storage-failure";
import { StorageError } from "../storage/storage-error";

const PROBE_EVERY_MS = 5_000;

/** Whether this deployment can do its work. The disk is asked at most every five seconds, however many ask. */
export class Health {
  readonly #database: Pick<Database, "probe" | "metrics">;
  readonly #now: () => number;
  #probedAtMs = -Infinity;
  #isStopping = false;

  constructor(options: {
    database: Pick<Database, "probe" | "metrics">;
    now: () => number;
  }) {
    this.#database = options.database;
    this.#now = options.now;
  }

  get isStopping(): boolean {
    return this.#isStopping;
  }

  stop(): void {
    this.#isStopping = true;
  }

  /** Throws `BackendError` 503 while it stops or the disk refuses writes. Names no file: everybody may ask. */
  check(): void {
    if (this.#isStopping) throw shuttingDown();
    const nowMs = this.#now();
    if (Math.abs(nowMs - this.#probedAtMs) >= PROBE_EVERY_MS)
      this.#probe(nowMs);
    const failure = this.#database.metrics.lastFailure;
    if (!(failure instanceof StorageError)) return;
    throw new BackendError("StorageUnavailable", storageFailureText(failure), {
      status: 503,
    });
  }

  #probe(nowMs: number): void {
    this.#probedAtMs = nowMs;
    try {
      this.#database.probe();
    } catch (error) {
      if (!(error instanceof StorageError)) throw error;
    }
  }
}

export function shuttingDown(): BackendError {
  return new BackendError(
    "ServerShutdown",
    "The server is stopping; try again in a moment.",
    { status: 503 },
  );
}
