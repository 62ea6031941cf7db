/**
 * The one writer. Bodies run one at a time; what they wrote is applied at once to an open storage transaction, the
 * group, which is closed (one fsync) when everything that was ready has joined. Invariants:
 *  C1  Timestamps strictly increase over the life of the file, also when a group is lost; none lies before the creation
 *      time of a document that has been committed.
 *  C2  Nobody learns of a commit before its group is on disk; then listeners, in order, and then promises. Only who adds
 *      to a group hears sooner what it holds: what that adds is lost with it.
 *  C3  A group is lost as a whole; memory then shows again what the disk has.
 */
import { CommitMetrics } from "../telemetry/commit-metrics";
import { serverLog } from "../telemetry/server-log";
import { COMMIT_TS, resolveCommitTs } from "../values/commit-ts";
import { sizeOf } from "../values/value-limits";
import type { DocumentStorage } from "../storage/document-storage";
import { type Answer, Answers } from "./answers";
import type { Catalog } from "./catalog";
import { type NotedKeys, writeEntries } from "./index-entries";
import type { PendingDocument, PendingWrites } from "./pending-writes";
import { RecentVersions } from "./recent-versions";
import { SearchChanges } from "./search/search-changes";
import { idOf, type Row } from "./table-info";
import type { Clock, Commit, DocumentJson } from "./types";

const LAST_TS = "last_ts";
const PROBE = "write_probe";
/** Taken before a test installs fake timers: durability does not wait for them. */
const schedule = setImmediate;

export type Changes = {
  writes: PendingWrites;
  tags: ReadonlySet<string>;
  /** Schema changes of the same commit, applied before its documents. */
  alterations: readonly (() => void)[];
  /** The latest creation time among its documents, or 0. */
  createdUpToMs: number;
  /** What its caller is told once it is on disk. */
  answer: Answer | null;
};
type Member = {
  commit: Commit | null;
  settle: () => void;
  fail: (error: unknown) => void;
};

type FinalRow = Row & { readonly json: string };
/** What a commit changes. */
type Noted = { keys: NotedKeys; searches: SearchChanges };

export class Committer {
  readonly metrics = new CommitMetrics();
  /** What a query at an earlier timestamp needs. */
  readonly recent: RecentVersions;
  readonly answers: Answers;
  readonly #storage: DocumentStorage;
  readonly #catalog: Catalog;
  readonly #clock: Clock;
  readonly #listeners = new Set<(commit: Commit) => void>();
  readonly #groupListeners = new Set<(tags: ReadonlySet<string>) => void>();
  readonly #rowWatchers = new Set<(change: PendingDocument) => void>();
  #group: Member[] | null = null;
  #durableTs: bigint;
  #appliedTs: bigint;

  constructor(options: {
    storage: DocumentStorage;
    catalog: Catalog;
    clock: Clock;
  }) {
    this.#storage = options.storage;
    this.#catalog = options.catalog;
    this.#clock = options.clock;
    this.#durableTs = BigInt(options.storage.getMetadata(LAST_TS) ?? "0");
    this.#appliedTs = this.#durableTs;
    this.answers = new Answers(options.storage.answers);
    this.recent = new RecentVersions(this.#durableTs);
  }

  get durableTs(): bigint {
    return this.#durableTs;
  }

  /** No document that is on disk was created later. */
  get durableMs(): number {
    return Number(this.#durableTs / 1000n) / 1000;
  }

  /** What a body that runs now sees. */
  get appliedTs(): bigint {
    return this.#appliedTs;
  }

  onCommit(listener: (commit: Commit) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Told of the tags of what has joined a group that is still open. */
  onJoined(listener: (tags: ReadonlySet<string>) => void): () => void {
    this.#groupListeners.add(listener);
    return () => this.#groupListeners.delete(listener);
  }

  /** Told of every row before it changes on disk, also of changes that are lost in the end. */
  watchRows(watcher: (change: PendingDocument) => void): () => void {
    this.#rowWatchers.add(watcher);
    return () => this.#rowWatchers.delete(watcher);
  }

  /** Resolves with the timestamp once on disk. Without changes it waits for the group it has read from. */
  commit(changes: Changes): Promise<bigint> {
    if (isEmpty(changes)) return this.#settledTs();
    try {
      this.#open();
      return this.#join(this.#apply(changes));
    } catch (error) {
      this.lose(error);
      return Promise.reject(asError(error));
    }
  }

  /** Resolves once everything applied is on disk, and is rejected when it is lost instead. */
  async settled(): Promise<void> {
    await this.#settledTs();
  }

  flush(): void {
    const group = this.#group;
    if (group === null) return;
    const started = performance.now();
    try {
      this.answers.write();
      this.#storage.setMetadata(LAST_TS, String(this.#appliedTs));
      this.#storage.commit();
    } catch (error) {
      this.lose(error);
      return;
    }
    this.#group = null;
    this.#durableTs = this.#appliedTs;
    const seconds = (performance.now() - started) / 1000;
    this.metrics.stored(group.filter(isCommit).length, seconds);
    for (const { commit } of group) if (commit !== null) this.#notify(commit);
    for (const { settle } of group) settle();
  }

  /** Undoes the open group: C3, and C1, since `#appliedTs` does not go back. */
  lose(error: unknown): void {
    const group = this.#group ?? [];
    this.#group = null;
    this.metrics.lost(error);
    this.#storage.rollback();
    this.#catalog.reload();
    this.answers.lose();
    this.recent.forgetAfter(this.#durableTs);
    for (const { fail } of group) fail(error);
  }

  /** One more small commit, to learn whether the disk takes it. Throws what it says. */
  probe(): void {
    this.flush();
    try {
      this.#storage.begin();
      this.#storage.setMetadata(PROBE, String(this.#durableTs));
      this.#storage.commit();
      this.metrics.lastFailure = null;
    } catch (error) {
      this.#storage.rollback();
      this.metrics.lost(error);
      throw error;
    }
  }

  #settledTs(): Promise<bigint> {
    return this.#group === null
      ? Promise.resolve(this.#durableTs)
      : this.#join(null);
  }

  #open(): void {
    if (this.#group !== null) return;
    this.#storage.begin();
    this.#group = [];
    schedule(() => this.flush());
  }

  #join(commit: Commit | null): Promise<bigint> {
    const ts = commit?.ts ?? this.#appliedTs;
    return new Promise((resolve, reject) => {
      this.#group?.push({ commit, settle: () => resolve(ts), fail: reject });
    });
  }

  #apply(changes: Changes): Commit {
    const ts = this.#nextTs(changes.createdUpToMs);
    for (const alter of changes.alterations) alter();
    for (const table of changes.writes.newTables()) {
      if (this.#catalog.find(table.component, table.name) === null)
        this.#catalog.saveTable(table);
    }
    const noted: Noted = { keys: new Map(), searches: new SearchChanges() };
    for (const change of changes.writes.changes())
      this.#applyDocument(change, ts, noted);
    this.recent.trim(ts);
    noted.searches.write(this.#storage.search);
    if (changes.answer !== null) this.answers.add(changes.answer, ts);
    this.#appliedTs = ts;
    const commit = { ts, keys: noted.keys, tags: changes.tags };
    for (const joined of this.#groupListeners) joined(changes.tags);
    const searches = noted.searches.entries();
    return searches === null ? commit : { ...commit, searches };
  }

  #nextTs(createdUpToMs: number): bigint {
    const created = Math.ceil(createdUpToMs * 1000) + 1;
    const micros = Math.max(Math.round(this.#clock.now() * 1000), created);
    const ts = BigInt(micros) * 1000n;
    return ts > this.#appliedTs ? ts : this.#appliedTs + 1n;
  }

  #applyDocument(change: PendingDocument, ts: bigint, noted: Noted): void {
    for (const watch of this.#rowWatchers) watch(change);
    const { before } = change;
    const after = change.after === null ? null : finalRow(change.after, ts);
    const rowId = this.#storeDocument(before, after);
    const id = idOf((before ?? after)?.document ?? {});
    this.recent.add({ ts, table: change.table, id, before });
    const table =
      this.#catalog.find(change.table.component, change.table.name) ??
      change.table;
    const rows = { rowId, before, after };
    writeEntries(this.#storage, table, { rows, noted: noted.keys });
    if (table.searchIndexes.size > 0) noted.searches.add(table, rows);
  }

  #storeDocument(before: Row | null, after: FinalRow | null): number {
    const rowId = before?.rowId ?? null;
    if (rowId === null)
      return after === null ? 0 : this.#storage.insertDocument(after);
    if (after === null) this.#storage.deleteDocument(rowId);
    else {
      const { size, json } = after;
      this.#storage.updateDocument({ rowId, size, json });
    }
    return rowId;
  }

  /** A listener's bug must neither stop other listeners nor fail a commit that is on disk. */
  #notify(commit: Commit): void {
    for (const listener of [...this.#listeners]) {
      try {
        listener(commit);
      } catch (error) {
        serverLog.error("A commit listener failed", error);
      }
    }
  }
}

function isCommit(member: Member): boolean {
  return member.commit !== null;
}

function isEmpty(changes: Changes): boolean {
  const { writes, tags, alterations, answer } = changes;
  return (
    answer === null &&
    !writes.hasChanges() &&
    writes.newTables().length === 0 &&
    tags.size === 0 &&
    alterations.length === 0
  );
}

/** As it goes to the disk. Its text tells quicker than the document itself that there is nothing to replace. */
function finalRow({ rowId, size, document }: Row, ts: bigint): FinalRow {
  const json = JSON.stringify(document);
  if (!json.includes(COMMIT_TS)) return { rowId, size, document, json };
  const resolved = resolveCommitTs(document, ts) as DocumentJson;
  return {
    rowId,
    size: sizeOf(resolved),
    document: resolved,
    json: JSON.stringify(resolved),
  };
}

function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}
