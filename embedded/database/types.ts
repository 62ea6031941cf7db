/**
 * What the layers above the database may rely on. Documents and values cross this boundary as *encoded JSON*
 * (`convex_encoded_json`, see `convex/values` `convexToJson`): the form in which functions send and receive them.
 */
import type { JSONValue } from "convex/values";
import type { CommitMetrics } from "../telemetry/commit-metrics";
import type { AnswerPrune } from "../storage/answer-storage";
import type { Answer, Answers } from "./answers";
import type { SearchEntry } from "./search/search-entry";
import type { SearchRead } from "./search/search-reads";

/** A component instance: "" is the app, "a/b" is nested. Each has tables, schema, ids and files of its own. */
export type ComponentPath = string;
export type DocumentJson = { [field: string]: JSONValue };

/** Milliseconds since the epoch, with a fraction. Tests inject one that they move by hand. */
export interface Clock {
  now: () => number;
}
export interface Random {
  bytes: (length: number) => Uint8Array;
}

/** Half-open interval of encoded index keys; `end: null` is unbounded. */
export type KeyRange = { start: Uint8Array; end: Uint8Array | null };

/**
 * Everything a function's result depends on. Serves conflict detection and the invalidation of live queries.
 * `tags` are dependencies that are not documents: "env", "identity", "code".
 */
export interface ReadSet {
  /** key: `${componentPath}:${table}:${indexName}` */
  readonly ranges: ReadonlyMap<string, readonly KeyRange[]>;
  readonly tags: ReadonlySet<string>;
  /** By search index, with keys like those of `ranges`; absent when nothing was searched. */
  readonly searches?: ReadonlyMap<string, readonly SearchRead[]>;
}

/** What one commit changed: for every index of every touched table, the keys that were removed or added. */
export interface Commit {
  readonly ts: bigint;
  readonly keys: ReadonlyMap<string, readonly Uint8Array[]>;
  readonly tags: ReadonlySet<string>;
  /** For every search index of every touched table, the documents as they were and as they are; absent without any. */
  readonly searches?: ReadonlyMap<string, readonly SearchEntry[]>;
}

export interface PageRequest {
  query: QueryJson;
  cursor: string | null;
  endCursor: string | null;
  pageSize: number;
  maximumRowsRead: number | null;
  maximumBytesRead: number | null;
}
export interface PageResult {
  page: DocumentJson[];
  isDone: boolean;
  continueCursor: string;
  splitCursor: string | null;
  pageStatus: null | "SplitRecommended" | "SplitRequired";
}
/** The query AST of `convex/server`, section 3.4 of the protocol. */
export type QueryJson = { source: JSONValue; operators: JSONValue[] };

export interface DocumentStream {
  /** The next document after filters and limits, or null at the end. */
  next(): DocumentJson | null;
  /** The same as JSON text, which is at hand more often than not. */
  nextText(): string | null;
}

export interface TransactionMetrics {
  documentsRead: number;
  bytesRead: number;
  databaseQueries: number;
  documentsWritten: number;
  bytesWritten: number;
}

/**
 * One unit of work on one snapshot. All methods are synchronous and throw `BackendError` (developer errors with
 * Convex's texts). `privileged` access (system tables such as `_scheduled_functions`, writes to them, validation off)
 * is a separate view, `tx.system`, that user functions can never reach.
 */
export interface Transaction {
  readonly kind: "query" | "mutation";
  /** Snapshot: everything committed at or before this. Nanoseconds. */
  readonly beginTs: bigint;
  get(
    component: ComponentPath,
    id: string,
    options: { isSystem: boolean; table?: string },
  ): DocumentJson | null;
  /** `get` as JSON text. */
  getText(
    component: ComponentPath,
    id: string,
    options: { isSystem: boolean; table?: string },
  ): string | null;
  /** `value` belongs to the transaction from here on, as that of `replace` does. */
  insert(component: ComponentPath, table: string, value: DocumentJson): string;
  /** `patch` fields encoded `{"$undefined":null}` are removed. Returns the new document. */
  patch(
    component: ComponentPath,
    id: string,
    value: DocumentJson,
    table?: string,
  ): DocumentJson;
  replace(
    component: ComponentPath,
    id: string,
    value: DocumentJson,
    table?: string,
  ): DocumentJson;
  remove(component: ComponentPath, id: string, table?: string): DocumentJson;
  query(
    component: ComponentPath,
    query: QueryJson,
    options?: { isSystem?: boolean },
  ): DocumentStream;
  page(
    component: ComponentPath,
    request: PageRequest,
    journal?: string | null,
  ): PageResult;
  count(component: ComponentPath, table: string): number;
  normalizeId(
    component: ComponentPath,
    table: string,
    id: string,
    options: { isSystem: boolean },
  ): string | null;
  /** A query on what this transaction began with, not on what it has written; both count against the same limits. */
  asBegun(): Transaction;
  /** Nested runMutation: everything after `savepoint` is undone by `rollbackTo`; reads stay recorded. */
  savepoint(): number;
  rollbackTo(savepoint: number): void;
  /** Record that the result depends on something that is not a document. */
  dependOn(tag: string): void;
  /** Mutations: the commit changes something that is not a document ("env", "code"); appears in `Commit.tags`. */
  touch(tag: string): void;
  /** The table with this number, for `checkValue` of `values/validator-check.ts`. */
  tableName(component: ComponentPath, tableNumber: number): string | null;
  /** Same operations on system tables (names start with `_`), unvalidated, never seen by user functions. */
  readonly system: SystemView;
  readonly reads: ReadSet;
  readonly metrics: TransactionMetrics;
}

/** System tables are ordinary documents with `by_creation_time`, `by_id` and the indexes of `system-tables.ts`. */
export interface SystemView {
  insert(component: ComponentPath, table: string, value: DocumentJson): string;
  get(component: ComponentPath, table: string, id: string): DocumentJson | null;
  replace(
    component: ComponentPath,
    table: string,
    id: string,
    value: DocumentJson,
  ): void;
  remove(component: ComponentPath, table: string, id: string): void;
  query(component: ComponentPath, query: QueryJson): DocumentStream;
  /** Reads an entry of every row. */
  count(component: ComponentPath, table: string): number;
}

export type SearchIndexJson = {
  indexDescriptor: string;
  searchField: string;
  filterFields: string[];
};

/** Schema of one component as `schema.js` exports it (protocol section 1.2), or null when it has none. */
export type SchemaJson = {
  tables: {
    tableName: string;
    indexes: { indexDescriptor: string; fields: string[] }[];
    stagedDbIndexes?: { indexDescriptor: string; fields: string[] }[];
    searchIndexes?: SearchIndexJson[];
    stagedSearchIndexes?: SearchIndexJson[];
    vectorIndexes?: { indexDescriptor: string }[];
    stagedVectorIndexes?: { indexDescriptor: string }[];
    documentType: JSONValue;
  }[];
  schemaValidation: boolean;
};

/** Dropping one without `commit` undoes it: its writes exist in memory only. */
export interface HeldTransaction {
  readonly tx: Transaction;
  /** Resolves with the commit timestamp once on disk, together with `answer`. */
  commit(answer?: Answer | null): Promise<bigint>;
  /** Writes nothing; resolves once everything it may have read is on disk. */
  abandon(): Promise<void>;
}

export type SnapshotTable = {
  readonly component: ComponentPath;
  readonly name: string;
  readonly number: number;
  readonly indexId: number;
};

/** One consistent state, read while commits go on. */
export interface DatabaseSnapshot {
  readonly ts: bigint;
  /** System tables as well. */
  readonly tables: readonly SnapshotTable[];
  /** The documents of a table as JSON texts, by id, in batches of some 256 KiB. Each table can be read once. */
  documents(table: SnapshotTable): Generator<string[]>;
  close(): void;
}

export type ImportedTable = {
  readonly component: ComponentPath;
  readonly name: string;
  readonly number: number;
  readonly documents: number;
};
/** Where a staged table goes, and what becomes of the documents that are there. */
export type TablePlace = {
  readonly component: ComponentPath;
  readonly name: string;
  readonly number: number;
  readonly mode: "requireEmpty" | "append" | "replace";
};

/** Fills tables out of sight, then puts all of them in place in one commit. Only one import may be under way. */
export interface TableImport {
  /** The components that have tables. */
  components(): ComponentPath[];
  existing(component: ComponentPath): ImportedTable[];
  stage(place: TablePlace): Promise<void>;
  /** Documents without `_id` or `_creationTime` get them. Throws `BackendError` for what breaks a rule or the schema. */
  insert(
    place: Pick<TablePlace, "component" | "name">,
    documents: readonly DocumentJson[],
  ): Promise<void>;
  /** Waits until no snapshot is open. What `body` writes belongs to the same commit. */
  publish(body: (tx: Transaction) => void): Promise<void>;
  /** Removes what was staged and not published, and what was replaced, also by earlier lives of the process. */
  removeLeftovers(signal: AbortSignal): Promise<void>;
}

export interface Database {
  /** Strictly increasing over the life of the file, also across restarts. */
  readonly latestTs: bigint;
  /**
   * Runs `body` on the latest durable snapshot (flushes the open group first), or on the one at `atTs`. Throws when that
   * is more than about a minute ago.
   */
  read<T>(
    body: (tx: Transaction) => T,
    atTs?: bigint,
  ): { value: T; ts: bigint; reads: ReadSet };
  /**
   * Runs `body`; if it returns, its writes join the open group. The promise resolves when they are on disk, with the
   * commit timestamp (placeholders of `commitTs` replaced by it). If `body` throws, nothing is written, and the promise
   * is rejected once everything that `body` may have read is on disk.
   */
  write<T>(body: (tx: Transaction) => T): Promise<{ value: T; ts: bigint }>;
  /** Throws `StorageError` while the disk refuses writes. */
  probe(): void;
  readonly metrics: CommitMetrics;
  /** Of mutations that a client may send again, those of the open group included. */
  readonly answers: Pick<Answers, "find" | "highestOf">;
  /** Resolves with the number of blocks that are gone. */
  pruneAnswers(prune: AnswerPrune): Promise<number>;
  /**
   * A transaction whose body its host runs, in pieces or with waiting between them. Nothing may be written between this
   * and its `commit`, which throws when something was: the host lets everything that writes take turns. Only queries can
   * be of an earlier state.
   */
  hold(kind: "query" | "mutation", atTs?: bigint): HeldTransaction;
  /** For a host that was stopped in the middle of a commit: the open group fails with `reason`, as if the disk had failed. */
  loseGroup(reason: Error): void;
  /** Closes the open group now: after this, everything applied is durable and its promises are resolved. */
  flush(): void;
  /** Close it: until then every row that changes for the first time is set aside. */
  openSnapshot(): DatabaseSnapshot;
  importTables(): TableImport;
  /** Called after each durable commit, in order of timestamp, before its promise resolves. */
  onCommit(listener: (commit: Commit) => void): () => void;
  /**
   * Called with the tags of each commit when it has joined the open group, before it is durable: for those whose writes
   * belong on disk together with it. They must do no more than ask to be called, since a watchdog may stop them halfway.
   */
  onJoined(listener: (tags: ReadonlySet<string>) => void): () => void;
  /** Checks the rules of a schema (throws `BackendError`) and all existing documents against it. */
  validateSchema(
    component: ComponentPath,
    schema: SchemaJson,
  ): { table: string; error: string } | null;
  /**
   * Creates tables, backfills added indexes, drops removed ones. Called inside the body of `write` it becomes part of
   * that commit (in force once the body has returned); called outside it is a commit of its own, durable on return.
   */
  applySchemas(schemas: ReadonlyMap<ComponentPath, SchemaJson | null>): void;
  schemaOf(component: ComponentPath): SchemaJson | null;
  /** User tables of a component, by name. */
  tables(component: ComponentPath): string[];
  close(): void;
}
