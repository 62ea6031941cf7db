import { BackendError } from "../database/backend-error";
import type { Identity } from "../runtime/types";
import {
  type LiveQueries,
  type LiveResult,
  type QuerySpec,
  Subscription,
  type Wanted,
} from "./live-queries";

const MAX_MS_PER_SLICE = 10;
/** Of the results of all queries of one connection. */
const MAX_RESULTS_SIZE = 64 * 1024 * 1024;

/** The live queries that one connection is subscribed to, by the ids that its client gave them. */
export class ConnectionQueries {
  readonly #liveQueries: LiveQueries;
  readonly #onChange: () => void;
  readonly #subscriptions = new Map<number, Subscription>();
  /** Queries executed since all had their results. */
  #executedSince = 0;

  /** `onChange` is told when a result is no longer the latest. */
  constructor(liveQueries: LiveQueries, onChange: () => void) {
    this.#liveQueries = liveQueries;
    this.#onChange = onChange;
  }

  get size(): number {
    return this.#subscriptions.size;
  }

  add(queryId: number, spec: QuerySpec): void {
    this.#subscriptions.set(queryId, new Subscription(spec, this.#onChange));
  }

  remove(queryId: number): void {
    const subscription = this.#subscriptions.get(queryId);
    if (subscription !== undefined) this.#liveQueries.release(subscription);
    this.#subscriptions.delete(queryId);
  }

  clear(): void {
    for (const subscription of this.#subscriptions.values())
      this.#liveQueries.release(subscription);
    this.#subscriptions.clear();
  }

  /** The first, up to `limit`, that have no result for the identity. */
  wanted(identity: Identity, limit: number): Wanted[] {
    const wanted: Wanted[] = [];
    for (const subscription of this.#subscriptions.values()) {
      if (this.#liveQueries.isResolved(subscription, identity)) continue;
      if (wanted.push({ subscription, identity }) === limit) break;
    }
    return wanted;
  }

  /**
   * Executes queries whose results are missing, for one slice of time; false while some are left. Commits may discard
   * results meanwhile, so after so many executions the rest is done at once.
   */
  executeSome(identity: Identity): boolean {
    const patience = 2 * this.#subscriptions.size - this.#executedSince;
    const until =
      patience < 0 ? Infinity : performance.now() + MAX_MS_PER_SLICE;
    let size = 0;
    for (const subscription of this.#subscriptions.values()) {
      const isMissing = !this.#liveQueries.isResolved(subscription, identity);
      if (isMissing && performance.now() > until) return false;
      if (isMissing) this.#executedSince += 1;
      size += this.#liveQueries.resolve(subscription, identity).modification
        .length;
      if (size > MAX_RESULTS_SIZE) throw tooManyResults();
    }
    this.#executedSince = 0;
    return true;
  }

  resolve(queryId: number, identity: Identity): LiveResult {
    const subscription = this.#subscriptions.get(queryId);
    if (subscription === undefined)
      throw new Error(`query ${queryId} has no subscription`);
    return this.#liveQueries.resolve(subscription, identity);
  }
}

function tooManyResults(): BackendError {
  return new BackendError(
    "TransitionTooLarge",
    `The results of one connection's queries may have ${MAX_RESULTS_SIZE} characters`,
  );
}
