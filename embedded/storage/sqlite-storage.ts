/** `DocumentStorage` in SQL, on one SQLite file (or ":memory:"). */
import type { AnswerStorage } from "./answer-storage";
import type {
  DocumentStorage,
  ScanRequest,
  StoredDocument,
  StoredEntry,
} from "./document-storage";
import type { SearchStorage } from "./search-storage";
import { SqliteAnswerStorage } from "./sqlite-answer-storage";
import { type ConnectionLimits, SqliteConnection } from "./sqlite-connection";
import { SqliteSearchStorage } from "./sqlite-search-storage";

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

const DELETE_DOCUMENT = "DELETE FROM documents WHERE id = ?";
const FIND_ROW = "SELECT id AS rowId, size, json FROM documents WHERE id = ?";
const DROP_INDEX = "DELETE FROM index_entries WHERE index_id = ?";
const MOVE_ENTRIES = "UPDATE index_entries SET index_id = ? WHERE index_id = ?";
const COUNT_ENTRIES =
  "SELECT count(*) AS count FROM index_entries WHERE index_id = ?";
const GET_METADATA = "SELECT value FROM metadata WHERE name = ?";
const SET_METADATA =
  "INSERT INTO metadata VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value";
const DELETE_METADATA = "DELETE FROM metadata WHERE name = ?";
const METADATA_WITH_PREFIX =
  "SELECT name, value FROM metadata WHERE substr(name, 1, ?) = ? ORDER BY name";

/** Throws `StorageError` when the file cannot be used. */
export function openSqliteStorage(
  path: string,
  limits?: ConnectionLimits,
): DocumentStorage {
  return new SqliteStorage(new SqliteConnection(path, limits));
}

class SqliteStorage implements DocumentStorage {
  readonly search: SearchStorage;
  readonly answers: AnswerStorage;
  readonly #db: SqliteConnection;
  /** Entries of the indexes that were ever counted: counting reads all of them. */
  readonly #counts = new Map<number, number>();

  constructor(db: SqliteConnection) {
    this.#db = db;
    this.search = new SqliteSearchStorage(db);
    this.answers = new SqliteAnswerStorage(db);
  }

  begin(): void {
    this.#db.begin();
  }

  commit(): void {
    try {
      this.#db.commit();
    } catch (error) {
      this.#counts.clear();
      throw error;
    }
  }

  rollback(): void {
    this.#counts.clear();
    this.#db.rollback();
  }

  insertDocument({ size, json }: { size: number; json: string }): number {
    return Number(this.#db.run(INSERT_DOCUMENT, size, json).lastInsertRowid);
  }

  updateDocument({ size, json, rowId }: StoredDocument): void {
    this.#db.run(UPDATE_DOCUMENT, size, json, rowId);
  }

  deleteDocument(rowId: number): void {
    this.#db.run(DELETE_DOCUMENT, rowId);
  }

  addEntry(indexId: number, key: Uint8Array, rowId: number): void {
    this.#db.run(ADD_ENTRY, indexId, key, rowId);
    this.#recount(indexId, 1);
  }

  removeEntry(indexId: number, key: Uint8Array): void {
    const { changes } = this.#db.run(REMOVE_ENTRY, indexId, key);
    this.#recount(indexId, -changes);
  }

  dropIndex(indexId: number): void {
    this.#db.run(DROP_INDEX, indexId);
    this.#counts.delete(indexId);
  }

  moveEntries(fromIndexId: number, toIndexId: number): void {
    this.#db.run(MOVE_ENTRIES, toIndexId, fromIndexId);
    this.#counts.delete(fromIndexId);
    this.#counts.delete(toIndexId);
  }

  find(indexId: number, key: Uint8Array): StoredDocument | null {
    const row = this.#db.get(FIND, indexId, key);
    return (row as StoredDocument | undefined) ?? null;
  }

  findRow(rowId: number): StoredDocument | null {
    const row = this.#db.get(FIND_ROW, rowId);
    return (row as StoredDocument | undefined) ?? null;
  }

  scan({ indexId, start, end, order, limit }: ScanRequest): StoredEntry[] {
    const rows =
      end === null
        ? this.#db.all(SCANS[order], indexId, start, limit)
        : this.#db.all(BOUNDED_SCANS[order], indexId, start, end, limit);
    return rows as StoredEntry[];
  }

  countEntries(indexId: number): number {
    const known = this.#counts.get(indexId);
    if (known !== undefined) return known;
    const row = this.#db.get(COUNT_ENTRIES, indexId);
    const { count } = row as { count: number };
    this.#counts.set(indexId, count);
    return count;
  }

  #recount(indexId: number, by: number): void {
    const known = this.#counts.get(indexId);
    if (known !== undefined) this.#counts.set(indexId, known + by);
  }

  getMetadata(name: string): string | null {
    const row = this.#db.get(GET_METADATA, name);
    return (row as { value: string } | undefined)?.value ?? null;
  }

  setMetadata(name: string, value: string): void {
    this.#db.run(SET_METADATA, name, value);
  }

  deleteMetadata(name: string): void {
    this.#db.run(DELETE_METADATA, name);
  }

  metadataWithPrefix(prefix: string): { name: string; value: string }[] {
    const rows = this.#db.all(METADATA_WITH_PREFIX, prefix.length, prefix);
    return rows as { name: string; value: string }[];
  }

  close(): void {
    this.#db.close();
  }
}
