/** `DocumentStorage` in one SQLite file (or ":memory:"), held exclusively by this process while it is open. */
import Sqlite from "better-sqlite3";
import type { AnswerStorage } from "./answer-storage";
import { checkFiles } from "./check-files";
import type {
  DocumentStorage,
  ScanRequest,
  StoredDocument,
  StoredEntry,
} from "./document-storage";
import type { SearchStorage } from "./search-storage";
import { SqliteAnswerStorage } from "./sqlite-answer-storage";
import { migrate } from "./sqlite-migrations";
import { SqliteSearchStorage } from "./sqlite-search-storage";
import type { StatementRunner } from "./statement-runner";
import { toStorageError } from "./storage-error";

const MEMORY = ":memory:";
/** Of new files. A commit pays for each page it changes rather than for its bytes, so these are larger than SQLite's own. */
const PAGE_BYTES = 8192;
/** 32 MiB: the pages that every commit changes are brought home once for many commits. */
const CHECKPOINT_PAGES = 4096;
const MAX_IDLE_LOG_BYTES = 40 * 1024 * 1024;
/** Whole texts, made once: a text that is put together anew is slow to find its statement. */
const JOIN =
  "SELECT e.key, d.id AS rowId, d.size, d.json FROM index_entries e JOIN documents d ON d.id = e.document";
const FIND = `${JOIN} WHERE e.index_id = ? AND e.key = ?`;
const FROM = `${JOIN} WHERE e.index_id = ? AND e.key >= ?`;
const SCANS = {
  asc: `${FROM} ORDER BY e.key ASC LIMIT ?`,
  desc: `${FROM} ORDER BY e.key DESC LIMIT ?`,
};
const BOUNDED_SCANS = {
  asc: `${FROM} AND e.key < ? ORDER BY e.key ASC LIMIT ?`,
  desc: `${FROM} AND e.key < ? ORDER BY e.key DESC LIMIT ?`,
};
const INSERT_DOCUMENT = "INSERT INTO documents (size, json) VALUES (?, ?)";
const UPDATE_DOCUMENT = "UPDATE documents SET size = ?, json = ? WHERE id = ?";
const ADD_ENTRY =
  "INSERT INTO index_entries (index_id, key, document) VALUES (?, ?, ?)";
const REMOVE_ENTRY = "DELETE FROM index_entries WHERE index_id = ? AND key = ?";

/** Throws `StorageError` when the file cannot be used. */
export function openSqliteStorage(path: string): DocumentStorage {
  if (path !== MEMORY) checkFiles(path);
  let db: Sqlite.Database | undefined;
  try {
    db = new Sqlite(path, { timeout: 0 });
    prepareFile(db, path);
    return new SqliteStorage(db, path);
  } catch (error) {
    db?.close();
    throw toStorageError(error, path);
  }
}

/**
 * Exclusive locking keeps other processes out and lets WAL do without shared memory. A log that one huge commit made
 * long is cut back when it starts over.
 */
function prepareFile(db: Sqlite.Database, path: string): void {
  db.pragma(`page_size = ${PAGE_BYTES}`);
  db.pragma("locking_mode = EXCLUSIVE");
  db.pragma("journal_mode = WAL");
  db.pragma("synchronous = FULL");
  db.pragma(`wal_autocheckpoint = ${CHECKPOINT_PAGES}`);
  db.pragma(`journal_size_limit = ${MAX_IDLE_LOG_BYTES}`);
  db.pragma("cache_size = -32768");
  db.pragma("temp_store = MEMORY");
  db.transaction(() => migrate(db, path)).exclusive();
}

class SqliteStorage implements DocumentStorage {
  readonly #runner: StatementRunner = {
    run: (sql, ...parameters) => this.#run(sql, ...parameters).changes,
    get: (sql, ...parameters) =>
      this.#explained(() => this.#statement(sql).get(...parameters)),
    all: (sql, ...parameters) =>
      this.#explained(() => this.#statement(sql).all(...parameters)),
  };
  readonly search: SearchStorage = new SqliteSearchStorage(this.#runner);
  readonly answers: AnswerStorage = new SqliteAnswerStorage(this.#runner);
  readonly #db: Sqlite.Database;
  readonly #path: string;
  readonly #statements = new Map<string, Sqlite.Statement<unknown[]>>();
  /** At hand, since every row of every commit takes several. */
  readonly #insertDocument: Sqlite.Statement<[number, string]>;
  readonly #updateDocument: Sqlite.Statement<[number, string, number]>;
  readonly #addEntry: Sqlite.Statement<[number, Uint8Array, number]>;
  readonly #removeEntry: Sqlite.Statement<[number, Uint8Array]>;
  /** Entries of the indexes that were ever counted: counting reads all of them. */
  readonly #counts = new Map<number, number>();

  constructor(db: Sqlite.Database, path: string) {
    this.#db = db;
    this.#path = path;
    this.#insertDocument = db.prepare(INSERT_DOCUMENT);
    this.#updateDocument = db.prepare(UPDATE_DOCUMENT);
    this.#addEntry = db.prepare(ADD_ENTRY);
    this.#removeEntry = db.prepare(REMOVE_ENTRY);
  }

  begin(): void {
    this.#run("BEGIN IMMEDIATE");
  }

  commit(): void {
    try {
      this.#run("COMMIT");
    } catch (error) {
      this.rollback();
      throw error;
    }
  }

  /** SQLite may have rolled back by itself, as it does when the disk is full. */
  rollback(): void {
    this.#counts.clear();
    if (this.#db.inTransaction) this.#run("ROLLBACK");
  }

  insertDocument(document: { size: number; json: string }): number {
    const { size, json } = document;
    const result = this.#explained(() => this.#insertDocument.run(size, json));
    return Number(result.lastInsertRowid);
  }

  updateDocument(document: StoredDocument): void {
    const { size, json, rowId } = document;
    this.#explained(() => this.#updateDocument.run(size, json, rowId));
  }

  deleteDocument(rowId: number): void {
    this.#run("DELETE FROM documents WHERE id = ?", rowId);
  }

  addEntry(indexId: number, key: Uint8Array, rowId: number): void {
    this.#explained(() => this.#addEntry.run(indexId, key, rowId));
    this.#recount(indexId, 1);
  }

  removeEntry(indexId: number, key: Uint8Array): void {
    const { changes } = this.#explained(() =>
      this.#removeEntry.run(indexId, key),
    );
    this.#recount(indexId, -changes);
  }

  dropIndex(indexId: number): void {
    this.#run("DELETE FROM index_entries WHERE index_id = ?", indexId);
    this.#counts.delete(indexId);
  }

  moveEntries(fromIndexId: number, toIndexId: number): void {
    this.#run(
      "UPDATE index_entries SET index_id = ? WHERE index_id = ?",
      toIndexId,
      fromIndexId,
    );
    this.#counts.delete(fromIndexId);
    this.#counts.delete(toIndexId);
  }

  find(indexId: number, key: Uint8Array): StoredDocument | null {
    const row = this.#explained(() => this.#statement(FIND).get(indexId, key));
    return (row as StoredDocument | undefined) ?? null;
  }

  findRow(rowId: number): StoredDocument | null {
    const sql = "SELECT id AS rowId, size, json FROM documents WHERE id = ?";
    const row = this.#explained(() => this.#statement(sql).get(rowId));
    return (row as StoredDocument | undefined) ?? null;
  }

  scan({ indexId, start, end, order, limit }: ScanRequest): StoredEntry[] {
    const rows = this.#explained(() =>
      end === null
        ? this.#statement(SCANS[order]).all(indexId, start, limit)
        : this.#statement(BOUNDED_SCANS[order]).all(indexId, start, end, limit),
    );
    return rows as StoredEntry[];
  }

  countEntries(indexId: number): number {
    const known = this.#counts.get(indexId);
    if (known !== undefined) return known;
    const sql = "SELECT count(*) FROM index_entries WHERE index_id = ?";
    const count = Number(
      this.#explained(() => this.#statement(sql).pluck().get(indexId)),
    );
    this.#counts.set(indexId, count);
    return count;
  }

  #recount(indexId: number, by: number): void {
    const known = this.#counts.get(indexId);
    if (known !== undefined) this.#counts.set(indexId, known + by);
  }

  getMetadata(name: string): string | null {
    const sql = "SELECT value FROM metadata WHERE name = ?";
    const value = this.#explained(() => this.#statement(sql).pluck().get(name));
    return typeof value === "string" ? value : null;
  }

  setMetadata(name: string, value: string): void {
    this.#run(
      "INSERT INTO metadata VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
      name,
      value,
    );
  }

  deleteMetadata(name: string): void {
    this.#run("DELETE FROM metadata WHERE name = ?", name);
  }

  metadataWithPrefix(prefix: string): { name: string; value: string }[] {
    const sql =
      "SELECT name, value FROM metadata WHERE substr(name, 1, ?) = ? ORDER BY name";
    const rows = this.#explained(() =>
      this.#statement(sql).all(prefix.length, prefix),
    );
    return rows as { name: string; value: string }[];
  }

  close(): void {
    this.#db.close();
  }

  #run(sql: string, ...parameters: unknown[]): Sqlite.RunResult {
    return this.#explained(() => this.#statement(sql).run(...parameters));
  }

  /** A damaged page is found by whichever statement comes across it, reads included. */
  #explained<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw toStorageError(error, this.#path);
    }
  }

  #statement(sql: string): Sqlite.Statement<unknown[]> {
    const cached = this.#statements.get(sql);
    if (cached !== undefined) return cached;
    const statement = this.#db.prepare<unknown[]>(sql);
    this.#statements.set(sql, statement);
    return statement;
  }
}
