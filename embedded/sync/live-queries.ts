import type { JSONValue } from "convex/values";
import type { Commit } from "../database/types";
import { BackendError } from "../database/backend-error";
import { ReadSetIndex } from "../database/read-set-index";
import type { FunctionFailure, Identity, QueryOutcome } from "../runtime/types";

export interface QuerySpec {
  componentPath: string;
  udfPath: string;
  args: JSONValue;
  journal: string | null;
}

/** One result, shared by every subscription that asks the same. Replaced, never changed. */
export interface LiveResult {
  readonly outcome: Pick<QueryOutcome, "kind" | "journal"> &
    Pick<FunctionFailure, "system">;
  /** The modification's JSON after `"queryId":N,`; equal texts need not be sent again. */
  readonly modification: string;
  /** `modification` without what differs between two runs of the same failure. */
  readonly fingerprint: string;
}

interface Entry {
  readonly key: string;
  readonly result: LiveResult;
  readonly subscriptions: Set<Subscription>;
}

/** A session's interest in one query. `onStale` is called once, when the result it holds may have changed. */
export class Subscription {
  entry: Entry | null = null;
  identity: Identity | null = null;
  constructor(
    readonly spec: QuerySpec,
    readonly onStale: () => void,
  ) {}
}

const MAX_TOTAL_SIZE = 512 * 1024 * 1024;

type RunQuery = (spec: QuerySpec, identity: Identity) => QueryOutcome;

/**
 * Every live query of every session. Identical queries (function, arguments, journal, and identity where it is read)
 * are executed once; a commit discards only the results whose read set it touched.
 */
export class LiveQueries {
  readonly #run: RunQuery;
  readonly #entries = new Map<string, Entry>();
  readonly #reads = new ReadSetIndex<Entry>();
  /** Queries that had to run, and results that were there already. */
  executions = 0;
  cacheHits = 0;
  /** Text of all results. */
  #size = 0;

  constructor(run: RunQuery) {
    this.#run = run;
  }

  get size(): number {
    return this.#entries.size;
  }

  isResolved(subscription: Subscription, identity: Identity): boolean {
    return subscription.entry !== null && subscription.identity === identity;
  }

  /** The current result. Executes the query unless somebody already has, since the last commit that matters. */
  resolve(subscription: Subscription, identity: Identity): LiveResult {
    if (subscription.entry !== null && subscription.identity === identity)
      return subscription.entry.result;
    const known = this.#find(subscription.spec, identity);
    if (known !== undefined) this.cacheHits += 1;
    const entry = known ?? this.#execute(subscription.spec, identity);
    if (subscription.entry !== entry) this.release(subscription);
    subscription.entry = entry;
    subscription.identity = identity;
    entry.subscriptions.add(subscription);
    return entry.result;
  }

  release(subscription: Subscription): void {
    const { entry } = subscription;
    subscription.entry = null;
    if (entry === null) return;
    entry.subscriptions.delete(subscription);
    if (entry.subscriptions.size === 0) this.#forget(entry);
  }

  applyCommit(commit: Commit): void {
    for (const entry of this.#reads.touched(commit)) this.#discard(entry);
  }

  /** After a push: new code may answer differently. */
  discardAll(): void {
    for (const entry of [...this.#entries.values()]) this.#discard(entry);
  }

  #find(spec: QuerySpec, identity: Identity): Entry | undefined {
    return (
      this.#entries.get(sharedKey(spec, identity)) ??
      this.#entries.get(personalKey(spec, identity))
    );
  }

  #execute(spec: QuerySpec, identity: Identity): Entry {
    if (this.#size > MAX_TOTAL_SIZE) throw noRoom();
    this.executions += 1;
    const outcome = this.#run(spec, identity);
    const key = outcome.readIdentity
      ? personalKey(spec, identity)
      : sharedKey(spec, identity);
    const entry: Entry = {
      key,
      result: liveResult(outcome),
      subscriptions: new Set(),
    };
    this.#entries.set(key, entry);
    this.#size += entry.result.modification.length;
    this.#reads.add(entry, outcome.reads);
    return entry;
  }

  #forget(entry: Entry): void {
    this.#reads.remove(entry);
    this.#size -= entry.result.modification.length;
    if (this.#entries.get(entry.key) === entry) this.#entries.delete(entry.key);
  }

  #discard(entry: Entry): void {
    this.#forget(entry);
    for (const subscription of entry.subscriptions) {
      subscription.entry = null;
      subscription.onStale();
    }
    entry.subscriptions.clear();
  }
}

function queryKey(spec: QuerySpec): string {
  return JSON.stringify([
    spec.componentPath,
    canonicalPath(spec.udfPath),
    spec.args,
    spec.journal,
  ]);
}

/** Admins also reach internal functions, so they never share with others. */
function sharedKey(spec: QuerySpec, identity: Identity): string {
  const reach =
    identity.kind === "admin" || identity.kind === "system" ? "all" : "public";
  return `${reach} ${queryKey(spec)}`;
}

function personalKey(spec: QuerySpec, identity: Identity): string {
  const who =
    identity.kind === "user" ? { ...identity, expiresAtMs: 0 } : identity;
  return `${JSON.stringify(who)} ${queryKey(spec)}`;
}

function canonicalPath(path: string): string {
  return path.replace(/:default$/, "").replace(/\.js(?=:|$)/, "");
}

/** The value itself is not kept: texts share their memory, so a result is held once. */
function liveResult(outcome: QueryOutcome): LiveResult {
  const { kind, logLines, journal } = outcome;
  const rest = `,"journal":${JSON.stringify(journal)}}`;
  if (outcome.kind === "ok") {
    const fingerprint = JSON.stringify({ value: outcome.value, logLines });
    const modification = fingerprint.slice(1, -1) + rest;
    return { outcome: { kind, journal }, modification, fingerprint };
  }
  const { errorMessage, errorData, system } = outcome;
  const message = errorMessage.replace(/^\[Request ID: [0-9a-f]+\] /, "");
  const fields = JSON.stringify({ errorMessage, logLines, errorData });
  return {
    outcome: { kind, journal, ...(system === undefined ? {} : { system }) },
    modification: fields.slice(1, -1) + rest,
    fingerprint: JSON.stringify({ message, logLines, errorData }),
  };
}

function noRoom(): BackendError {
  return new BackendError(
    "SubscriptionsWorkerFullError",
    "The results of all subscriptions together are too large",
    { status: 503 },
  );
}
