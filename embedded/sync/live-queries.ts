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
  readonly key: string;
  constructor(
    readonly spec: QuerySpec,
    readonly onStale: () => void,
  ) {
    this.key = queryKey(spec);
  }
}

/** A subscription without a result, and who asks. */
export type Wanted = { subscription: Subscription; identity: Identity };

const MAX_TOTAL_SIZE = 512 * 1024 * 1024;

type Asked = { spec: QuerySpec; identity: Identity };
type RunQuery = (spec: QuerySpec, identity: Identity) => QueryOutcome;
/** The outcomes of the first of them. Throws when one can have none. */
type RunQueries = (asked: readonly Asked[]) => QueryOutcome[];

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
    const known = this.#find(subscription.key, identity);
    if (known !== undefined) this.cacheHits += 1;
    const entry = known ?? this.#execute(subscription, identity);
    this.#hold(entry, subscription, identity);
    return entry.result;
  }

  /**
   * Executes some of these together, which costs less. Of those that ask the same only the first, because the others may
   * share its result. What fails to be asked is left to `resolve`.
   */
  prepare(wanted: readonly Wanted[], run: RunQueries): void {
    const missing = distinct(wanted).filter(
      ({ subscription, identity }) =>
        this.#find(subscription.key, identity) === undefined,
    );
    if (missing.length < 2 || this.#size > MAX_TOTAL_SIZE) return;
    for (const [at, outcome] of outcomesOf(missing, run).entries()) {
      const asked = missing[at];
      if (asked === undefined) return;
      const { subscription, identity } = asked;
      const entry = this.#add(subscription.key, identity, outcome);
      this.#hold(entry, subscription, identity);
    }
  }

  #hold(entry: Entry, subscription: Subscription, identity: Identity): void {
    if (subscription.entry !== entry) this.release(subscription);
    subscription.entry = entry;
    subscription.identity = identity;
    entry.subscriptions.add(subscription);
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

  #find(key: string, identity: Identity): Entry | undefined {
    return (
      this.#entries.get(sharedKey(key, identity)) ??
      this.#entries.get(personalKey(key, identity))
    );
  }

  #execute({ spec, key }: Subscription, identity: Identity): Entry {
    if (this.#size > MAX_TOTAL_SIZE) throw noRoom();
    return this.#add(key, identity, this.#run(spec, identity));
  }

  #add(query: string, identity: Identity, outcome: QueryOutcome): Entry {
    this.executions += 1;
    const key = outcome.readIdentity
      ? personalKey(query, identity)
      : sharedKey(query, identity);
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
function sharedKey(key: string, identity: Identity): string {
  const reach =
    identity.kind === "admin" || identity.kind === "system" ? "all" : "public";
  return `${reach} ${key}`;
}

function personalKey(key: string, identity: Identity): string {
  const who =
    identity.kind === "user" ? { ...identity, expiresAtMs: 0 } : identity;
  return `${JSON.stringify(who)} ${key}`;
}

function distinct(wanted: readonly Wanted[]): Wanted[] {
  const byKey = new Map<string, Wanted>();
  for (const one of wanted)
    if (!byKey.has(one.subscription.key)) byKey.set(one.subscription.key, one);
  return [...byKey.values()];
}

function outcomesOf(
  wanted: readonly Wanted[],
  run: RunQueries,
): QueryOutcome[] {
  try {
    return run(
      wanted.map(({ subscription: { spec }, identity }) => ({
        spec,
        identity,
      })),
    );
  } catch {
    return [];
  }
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
