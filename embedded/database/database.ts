/** The database of a deployment: one file, one writer, snapshots for readers. */
import { EventEmitter, once } from "node:events";
import { ReadCache } from "../storage/read-cache";
import { openSqliteStorage } from "../storage/sqlite-storage";
import type { AnswerPrune } from "../storage/answer-storage";
import type { DocumentStorage } from "../storage/document-storage";
import type { CommitMetrics } from "../telemetry/commit-metrics";
import type { Answer, Answers } from "./answers";
import { BackendError } from "./backend-error";
import { Catalog } from "./catalog";
import { Committer } from "./committer";
import { DatabaseTransaction } from "./database-transaction";
import { DocumentSnapshot } from "./document-snapshot";
import { CursorCodec } from "./page-cursor";
import {
  applySchema,
  findMismatch,
  updateSystemIndexes,
} from "./schema-change";
import { checkSchemaRules } from "./schema-rules";
import { isOutOfSight, StoredTableImport } from "./table-import";
import { nextDouble } from "./transaction-state";
import type {
  Clock,
  Commit,
  ComponentPath,
  Database,
  DatabaseSnapshot,
  HeldTransaction,
  Random,
  ReadSet,
  SchemaJson,
  TableImport,
  Transaction,
} from "./types";

const CURSOR_SECRET = "cursor_secret";
const CURSOR_SECRET_BYTES = 32;

/** `path` may be ":memory:". Throws `StorageError` when the file cannot be used. */
export function openDatabase(options: {
  path: string;
  clock: Clock;
  random: Random;
}): Database {
  return databaseOn({ ...options, storage: openSqliteStorage(options.path) });
}

/** Owns `storage` from here on. */
export function databaseOn(options: {
  storage: DocumentStorage;
  clock: Clock;
  random: Random;
}): Database {
  try {
    return new StoredDatabase(options);
  } catch (error) {
    options.storage.close();
    throw error;
  }
}

class StoredDatabase implements Database {
  readonly #storage: DocumentStorage;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #catalog: Catalog;
  readonly #committer: Committer;
  readonly #cursors: CursorCodec;
  /** Set while a body of `write` runs: the schema changes that belong to its commit. */
  #alterations: (() => void)[] | null = null;
  readonly #snapshots = new Set<DocumentSnapshot>();
  readonly #snapshotsClosed = new EventEmitter();
  /** Of all documents ever, also of those whose commit was lost. */
  #lastCreationTime: number;
  #isClosed = false;

  constructor(options: {
    storage: DocumentStorage;
    clock: Clock;
    random: Random;
  }) {
    this.#storage = new ReadCache(options.storage);
    this.#clock = options.clock;
    this.#random = options.random;
    this.#catalog = new Catalog(this.#storage);
    this.#cursors = new CursorCodec(this.#prepare());
    this.#committer = new Committer({
      storage: this.#storage,
      catalog: this.#catalog,
      clock: options.clock,
    });
    this.#lastCreationTime = this.#committer.durableMs;
  }

  get metrics(): CommitMetrics {
    return this.#committer.metrics;
  }

  get latestTs(): bigint {
    return this.#committer.durableTs;
  }

  get answers(): Answers {
    return this.#committer.answers;
  }

  async pruneAnswers(prune: AnswerPrune): Promise<number> {
    if (!this.#storage.answers.isPrunable(prune)) return 0;
    let removed = 0;
    await this.write(() => {
      const remove = () => (removed = this.#storage.answers.prune(prune));
      this.#alterations?.push(remove);
    });
    return removed;
  }

  read<T>(
    body: (tx: Transaction) => T,
    atTs?: bigint,
  ): { value: T; ts: bigint; reads: ReadSet } {
    this.#requireIdle();
    this.flush();
    const tx =
      atTs === undefined ? this.#begin("query") : this.#beginQueryAt(atTs);
    const value = body(tx);
    return { value, ts: tx.beginTs, reads: tx.reads };
  }

  async write<T>(
    body: (tx: Transaction) => T,
  ): Promise<{ value: T; ts: bigint }> {
    this.#requireIdle();
    const tx = this.#begin("mutation");
    const alterations: (() => void)[] = [];
    this.#alterations = alterations;
    let value: T;
    try {
      value = body(tx);
    } catch (error) {
      this.#alterations = null;
      await this.#committer.settled();
      throw error;
    }
    this.#alterations = null;
    return { value, ts: await this.#commit(tx, alterations) };
  }

  hold(kind: "query" | "mutation", atTs?: bigint): HeldTransaction {
    this.#requireIdle();
    if (kind === "query") this.flush();
    const tx =
      atTs === undefined ? this.#begin(kind) : this.#beginQueryAt(atTs);
    return {
      tx,
      commit: async (answer = null) => {
        if (this.#committer.appliedTs === tx.beginTs)
          return this.#commit(tx, [], answer);
        throw new Error("Something was written while a transaction was held.");
      },
      abandon: () => this.#committer.settled(),
    };
  }

  loseGroup(reason: Error): void {
    this.#committer.lose(reason);
  }

  flush(): void {
    this.#committer.flush();
  }

  probe(): void {
    this.#committer.probe();
  }

  onCommit(listener: (commit: Commit) => void): () => void {
    return this.#committer.onCommit(listener);
  }

  onJoined(listener: (tags: ReadonlySet<string>) => void): () => void {
    return this.#committer.onJoined(listener);
  }

  validateSchema(
    component: ComponentPath,
    schema: SchemaJson,
  ): { table: string; error: string } | null {
    return findMismatch(
      { storage: this.#storage, catalog: this.#catalog },
      component,
      schema,
    );
  }

  applySchemas(schemas: ReadonlyMap<ComponentPath, SchemaJson | null>): void {
    for (const schema of schemas.values())
      if (schema !== null) checkSchemaRules(schema);
    const target = { storage: this.#storage, catalog: this.#catalog };
    const alter = () => {
      for (const [component, schema] of schemas)
        applySchema(target, component, schema);
    };
    if (this.#alterations !== null) this.#alterations.push(alter);
    else this.#commitNow(alter);
  }

  schemaOf(component: ComponentPath): SchemaJson | null {
    return this.#catalog.schemaOf(component)?.json ?? null;
  }

  tables(component: ComponentPath): string[] {
    const names = this.#catalog.tablesOf(component).map((table) => table.name);
    return names.filter((name) => !name.startsWith("_")).sort();
  }

  openSnapshot(): DatabaseSnapshot {
    this.#requireIdle();
    this.flush();
    const snapshot: DocumentSnapshot = new DocumentSnapshot({
      storage: this.#storage,
      tables: this.#catalog
        .all()
        .filter(({ component }) => !isOutOfSight(component)),
      ts: this.#committer.durableTs,
      onClose: () => {
        stopWatching();
        this.#snapshots.delete(snapshot);
        if (this.#snapshots.size === 0) this.#snapshotsClosed.emit("closed");
      },
    });
    this.#snapshots.add(snapshot);
    const stopWatching = this.#committer.watchRows((change) =>
      snapshot.aboutToChange(change),
    );
    return snapshot;
  }

  importTables(): TableImport {
    return new StoredTableImport({
      storage: this.#storage,
      catalog: this.#catalog,
      clock: this.#clock,
      random: this.#random,
      commit: async ({ body, alter }) => {
        await this.write((tx) => {
          body(tx);
          this.#alterations?.push(alter);
        });
      },
      noSnapshots: async () => {
        while (this.#snapshots.size > 0)
          await once(this.#snapshotsClosed, "closed");
      },
      forgetHistory: () =>
        this.#committer.recent.forgetBefore(this.#committer.appliedTs + 1n),
    });
  }

  close(): void {
    if (this.#isClosed) return;
    this.flush();
    this.#isClosed = true;
    this.#storage.close();
  }

  #commit(
    tx: DatabaseTransaction,
    alterations: readonly (() => void)[],
    answer: Answer | null = null,
  ): Promise<bigint> {
    const createdUpToMs = tx.state.lastCreationTime ?? 0;
    this.#lastCreationTime = Math.max(this.#lastCreationTime, createdUpToMs);
    return this.#committer.commit({
      writes: tx.state.writes,
      tags: tx.state.touched,
      alterations,
      createdUpToMs,
      answer,
    });
  }

  /** A failure to store is thrown here rather than reported through the promise. */
  #commitNow(alter: () => void): void {
    this.flush();
    this.#storage.begin();
    try {
      alter();
      this.#storage.commit();
    } catch (error) {
      this.#storage.rollback();
      this.#catalog.reload();
      throw error;
    }
  }

  #beginQueryAt(ts: bigint): DatabaseTransaction {
    if (ts > this.#committer.durableTs) {
      const text = "The timestamp lies in the future";
      throw new BackendError("InvalidTimestamp", text);
    }
    const tx = this.#begin("query", ts);
    this.#committer.recent.restore(ts, {
      writes: tx.state.writes,
      catalog: this.#catalog,
      storage: this.#storage,
    });
    return tx;
  }

  #begin(
    kind: "query" | "mutation",
    beginTs = kind === "query"
      ? this.#committer.durableTs
      : this.#committer.appliedTs,
  ): DatabaseTransaction {
    const nowMs = this.#clock.now();
    return new DatabaseTransaction({
      kind,
      beginTs,
      environment: {
        storage: this.#storage,
        catalog: this.#catalog,
        random: this.#random,
        nowMs,
        creationTime: this.#creationTimeAt(nowMs),
      },
      cursors: this.#cursors,
    });
  }

  /** Documents keep their order within one tick of the clock, and when it is set back. */
  #creationTimeAt(nowMs: number): number {
    return Math.max(nowMs, nextDouble(this.#lastCreationTime));
  }

  /** Brings an older file up to date, and writes nothing to one that is; returns the secret of its cursors. */
  #prepare(): Uint8Array {
    this.#storage.begin();
    updateSystemIndexes({ storage: this.#storage, catalog: this.#catalog });
    const secret =
      this.#storage.getMetadata(CURSOR_SECRET) ?? this.#newSecret();
    this.#storage.commit();
    return Buffer.from(secret, "base64");
  }

  #newSecret(): string {
    const bytes = this.#random.bytes(CURSOR_SECRET_BYTES);
    const secret = Buffer.from(bytes).toString("base64");
    this.#storage.setMetadata(CURSOR_SECRET, secret);
    return secret;
  }

  #requireIdle(): void {
    if (this.#isClosed) throw new Error("The database is closed.");
    if (this.#alterations !== null)
      throw new Error(
        "A transaction cannot be started inside the body of a write.",
      );
  }
}
