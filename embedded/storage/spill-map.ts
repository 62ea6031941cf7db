/**
 * Ordered maps of texts for work of unknown size: a few MiB are kept in memory, the rest in an unnamed temporary file
 * that goes away with the process. Nothing in it is durable.
 */
import Sqlite from "better-sqlite3";

export type SpilledEntry = { key: Uint8Array; text: string | null };

export class SpillMap {
  readonly #db: Sqlite.Database;
  readonly #insert: Sqlite.Statement<[number, Uint8Array, string | null]>;
  readonly #scan: Sqlite.Statement<[number, Uint8Array, number]>;
  readonly #drop: Sqlite.Statement<[number, Uint8Array]>;

  constructor() {
    this.#db = new Sqlite("");
    this.#db.pragma("journal_mode = OFF");
    this.#db.pragma("synchronous = OFF");
    this.#db.exec(
      "CREATE TABLE entries (space INTEGER, key BLOB, text TEXT, PRIMARY KEY (space, key)) WITHOUT ROWID",
    );
    this.#insert = this.#db.prepare(
      "INSERT OR IGNORE INTO entries VALUES (?, ?, ?)",
    );
    this.#scan = this.#db.prepare(
      "SELECT key, text FROM entries WHERE space = ? AND key >= ? ORDER BY key LIMIT ?",
    );
    this.#drop = this.#db.prepare(
      "DELETE FROM entries WHERE space = ? AND key < ?",
    );
  }

  /** The first text of a key stays. */
  setIfAbsent(space: number, key: Uint8Array, text: string | null): void {
    this.#insert.run(space, key, text);
  }

  scan(space: number, start: Uint8Array, limit: number): SpilledEntry[] {
    return this.#scan.all(space, start, limit) as SpilledEntry[];
  }

  dropBefore(space: number, key: Uint8Array): void {
    this.#drop.run(space, key);
  }

  close(): void {
    this.#db.close();
  }
}
