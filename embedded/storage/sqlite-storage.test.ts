import {
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Sqlite from "better-sqlite3";
import { expect, it } from "vitest";
import { openSqliteStorage } from "./sqlite-storage";

function withFile(
  prepare: (db: Sqlite.Database) => void,
  check: (path: string) => void,
): void {
  const folder = mkdtempSync(join(tmpdir(), "storage-"));
  const path = join(folder, "data.sqlite");
  const db = new Sqlite(path);
  prepare(db);
  db.close();
  check(path);
  rmSync(folder, { recursive: true });
}

it("refuses a file of a newer version", () => {
  withFile(
    (db) =>
      db.exec(
        `PRAGMA application_id = ${0x4c4b5350}; PRAGMA user_version = 99`,
      ),
    (path) =>
      expect(() => openSqliteStorage(path)).toThrow(
        "was written by a newer version of this program (format 99",
      ),
  );
});

it("refuses a database of another program", () => {
  withFile(
    (db) => db.exec("CREATE TABLE other (a)"),
    (path) =>
      expect(() => openSqliteStorage(path)).toThrow(
        "is a database of another program",
      ),
  );
});

it("scans ranges in both orders up to a limit", () => {
  const storage = openSqliteStorage(":memory:");
  storage.begin();
  for (const n of [1, 2, 3, 4]) {
    storage.addEntry(
      7,
      Uint8Array.of(n),
      storage.insertDocument({ size: n, json: `${n}` }),
    );
  }
  storage.commit();
  const range = { indexId: 7, start: Uint8Array.of(2), end: Uint8Array.of(4) };
  const sizes = (order: "asc" | "desc", limit: number) =>
    storage.scan({ ...range, order, limit }).map((row) => row.size);
  expect([sizes("asc", 9), sizes("desc", 9), sizes("desc", 1)]).toEqual([
    [2, 3],
    [3, 2],
    [3],
  ]);
  expect(storage.find(7, Uint8Array.of(4))).toMatchObject({ json: "4" });
  expect(storage.countEntries(7)).toBe(4);
});

it("keeps count of an index once it was counted, through removals and lost commits", () => {
  const storage = openSqliteStorage(":memory:");
  const add = (indexId: number, n: number) =>
    storage.addEntry(
      indexId,
      Uint8Array.of(n),
      storage.insertDocument({ size: 1, json: "{}" }),
    );
  const counts = () => [1, 2, 3].map((id) => storage.countEntries(id));
  expect(counts()).toEqual([0, 0, 0]);
  storage.begin();
  for (const n of [1, 2, 3]) add(1, n);
  add(2, 1);
  storage.removeEntry(1, Uint8Array.of(2));
  storage.removeEntry(1, Uint8Array.of(9));
  storage.commit();
  expect(counts()).toEqual([2, 1, 0]);
  storage.begin();
  add(1, 4);
  expect(counts()).toEqual([3, 1, 0]);
  storage.rollback();
  expect(counts()).toEqual([2, 1, 0]);
  storage.begin();
  storage.dropIndex(2);
  storage.moveEntries(1, 3);
  storage.commit();
  expect(counts()).toEqual([0, 0, 2]);
});

it("forgets what was not committed", () => {
  const storage = openSqliteStorage(":memory:");
  storage.begin();
  storage.setMetadata("a", "1");
  storage.rollback();
  expect(storage.getMetadata("a")).toBeNull();
});

it("keeps the log short again after a huge commit", () => {
  const folder = mkdtempSync(join(tmpdir(), "storage-"));
  const path = join(folder, "data.sqlite");
  const limits = { maxLogBytes: 0, maxRecordBytes: 0 };
  const storage = openSqliteStorage(path, limits);
  const logBytes = () => statSync(`${path}-wal`).size;
  const commit = (json: string, documents: number) => {
    storage.begin();
    for (let n = 0; n < documents; n += 1)
      storage.insertDocument({ size: 1, json });
    storage.commit();
  };
  commit("x".repeat(1 << 20), 48);
  expect(logBytes()).toBeGreaterThan(48 << 20);
  commit("small", 1);
  commit("small", 1);
  expect(logBytes()).toBeLessThanOrEqual(40 << 20);
  storage.close();
  rmSync(folder, { recursive: true });
});

it("says in one sentence that a page in the middle is damaged", () => {
  const folder = mkdtempSync(join(tmpdir(), "storage-"));
  const path = join(folder, "data.sqlite");
  const storage = openSqliteStorage(path);
  storage.begin();
  for (let n = 0; n < 500; n++) {
    const json = JSON.stringify("x".repeat(500));
    const rowId = storage.insertDocument({ size: 500, json });
    storage.addEntry(1, Uint8Array.of(n >> 8, n & 255), rowId);
  }
  storage.commit();
  storage.close();
  const bytes = readFileSync(path);
  writeFileSync(path, bytes.fill(0x5a, 3 * 4096));
  expect(() => {
    const damaged = openSqliteStorage(path);
    const whole = { start: Uint8Array.of(0), end: null };
    damaged.scan({ indexId: 1, ...whole, order: "asc", limit: 1000 });
  }).toThrow(/is damaged .* restore it from a backup/);
  rmSync(folder, { recursive: true });
});

it("forgets the answers of mutations that an older file kept as documents", () => {
  const table = { indexes: [{ storageId: 4 }, { storageId: 5 }] };
  withFile(
    (db) =>
      db.exec(
        `PRAGMA application_id = ${0x4c4b5350}; PRAGMA user_version = 2;
         CREATE TABLE metadata (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
         CREATE TABLE documents (id INTEGER PRIMARY KEY, size INTEGER NOT NULL, json TEXT NOT NULL);
         CREATE TABLE index_entries (
           index_id INTEGER NOT NULL, key BLOB NOT NULL, document INTEGER NOT NULL,
           PRIMARY KEY (index_id, key)
         ) WITHOUT ROWID;
         INSERT INTO metadata VALUES ('table::_session_requests', '${JSON.stringify(table)}');
         INSERT INTO documents VALUES (1, 1, 'answer'), (2, 1, 'other');
         INSERT INTO index_entries VALUES (4, x'00', 1), (5, x'00', 1), (6, x'00', 2);`,
      ),
    (path) => {
      const storage = openSqliteStorage(path);
      expect(storage.metadataWithPrefix("table:")).toEqual([]);
      expect([4, 5, 6].map((id) => storage.countEntries(id))).toEqual([
        0, 0, 1,
      ]);
      expect(storage.findRow(1)).toBeNull();
      expect(storage.findRow(2)?.json).toBe("other");
      storage.close();
    },
  );
});
