/** The tables of the file, as steps that are never edited once released: `user_version` counts those applied. */
import type { Database } from "better-sqlite3";
import { StorageError } from "./storage-error";

const APPLICATION_ID = 0x4c_4b_53_50;

const MIGRATIONS: readonly string[] = [
  `CREATE TABLE metadata (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
   CREATE TABLE documents (id INTEGER PRIMARY KEY, size INTEGER NOT NULL, json TEXT NOT NULL);
   CREATE TABLE index_entries (
     index_id INTEGER NOT NULL, key BLOB NOT NULL, document INTEGER NOT NULL,
     PRIMARY KEY (index_id, key)
   ) WITHOUT ROWID;`,
  `CREATE TABLE search_postings (
     index_id INTEGER NOT NULL, term TEXT NOT NULL, first INTEGER NOT NULL, entries BLOB NOT NULL,
     PRIMARY KEY (index_id, term, first)
   ) WITHOUT ROWID;
   CREATE TABLE search_statistics (
     index_id INTEGER PRIMARY KEY, documents INTEGER NOT NULL, tokens INTEGER NOT NULL
   );`,
  // Answers were documents before; those of an older file are forgotten.
  `CREATE TABLE answers (
     number INTEGER PRIMARY KEY, session_id TEXT NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL,
     count INTEGER NOT NULL, made_at_ms INTEGER NOT NULL, text TEXT NOT NULL
   );
   CREATE INDEX answers_by_session ON answers (session_id, last, first);
   CREATE TEMP TABLE old_indexes AS
     SELECT json_extract(i.value, '$.storageId') AS id FROM metadata m, json_each(m.value, '$.indexes') i
     WHERE m.name = 'table::_session_requests';
   DELETE FROM documents WHERE id IN
     (SELECT document FROM index_entries WHERE index_id IN (SELECT id FROM old_indexes));
   DELETE FROM index_entries WHERE index_id IN (SELECT id FROM old_indexes);
   DELETE FROM metadata WHERE name = 'table::_session_requests';
   DROP TABLE temp.old_indexes;`,
  `INSERT INTO metadata VALUES ('redo_id', lower(hex(randomblob(16)))), ('redo_number', '0');`,
];

export const LATEST_FORMAT = MIGRATIONS.length;
/** The first format with a log of statements (`redo-log.ts`) beside the file. */
export const FIRST_LOGGED_FORMAT = 4;

/** Of the file, 0 when it is new. Refuses what this program cannot bring to its own. */
export function checkedFormat(db: Database, path: string): number {
  const format = Number(db.pragma("user_version", { simple: true }));
  refuseForeignFile(db, path, format);
  if (format <= LATEST_FORMAT) return format;
  const text = `The database ${path} was written by a newer version of this program (format ${format}, this one knows ${LATEST_FORMAT}); upgrade the program.`;
  throw new StorageError("newer-version", text);
}

/** Brings a file from that format to the latest; call inside a transaction. */
export function migrate(db: Database, format: number): void {
  for (const step of MIGRATIONS.slice(format)) db.exec(step);
  db.pragma(`user_version = ${LATEST_FORMAT}`);
  db.pragma(`application_id = ${APPLICATION_ID}`);
}

function refuseForeignFile(db: Database, path: string, version: number): void {
  if (Number(db.pragma("application_id", { simple: true })) === APPLICATION_ID)
    return;
  const tables = db.prepare("SELECT count(*) FROM sqlite_schema").pluck().get();
  if (version === 0 && tables === 0) return;
  const text = `${path} is a database of another program; move it away or choose another data folder.`;
  throw new StorageError("not-a-database", text);
}
