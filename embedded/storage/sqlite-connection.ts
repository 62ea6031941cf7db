/**
 * One SQLite file (or ":memory:"), held exclusively by this process while it is open. SQLite writes whole pages, many for a
 * small commit; so a commit is made durable by its statements in a log (`redo-log.ts`), and one transaction of SQLite stays
 * open over many of them. Invariants:
 *  D1  On return from `commit` its statements are in the log, or a COMMIT of SQLite holds them: either way on disk.
 *  D2  The file says which record of the log it holds last, in the same transaction; whoever opens it executes those after
 *      that, in order, before anything else.
 *  D3  After a commit that failed, and after `rollback`, the open transaction is what D2 says, made anew. So it is when
 *      SQLite has ended the transaction by itself, as it may on an error: what was open in it then cannot be committed.
 */
import Sqlite from "better-sqlite3";
import { checkFiles } from "./check-files";
import { HEAD_BYTES, RedoLog } from "./redo-log";
import { RedoRecordWriter, statementsIn } from "./redo-record";
import {
  checkedFormat,
  FIRST_LOGGED_FORMAT,
  LATEST_FORMAT,
  migrate,
} from "./sqlite-migrations";
import type { StatementResult, StatementRunner } from "./statement-runner";
import { toStorageError } from "./storage-error";

const MEMORY = ":memory:";
/** Of new files. A commit pays for each page it changes rather than for its bytes, so these are larger than SQLite's own. */
const PAGE_BYTES = 8192;
/** 32 MiB: the pages that every commit changes are brought home once for many commits. */
const CHECKPOINT_PAGES = 4096;
const MAX_IDLE_WAL_BYTES = 40 * 1024 * 1024;
/** Small enough that what it changes stays in SQLite's cache, and to be executed in a moment when the file is opened. */
const MAX_LOG_BYTES = 4 * 1024 * 1024;
/** What is longer is written once, by SQLite. */
const MAX_RECORD_BYTES = 1024 * 1024;

const REDO_ID = "SELECT value FROM metadata WHERE name = 'redo_id'";
const REDO_NUMBER = "SELECT value FROM metadata WHERE name = 'redo_number'";
const SET_REDO_NUMBER =
  "UPDATE metadata SET value = ? WHERE name = 'redo_number'";

export interface ConnectionLimits {
  maxLogBytes: number;
  maxRecordBytes: number;
}

export class SqliteConnection implements StatementRunner {
  readonly #path: string;
  readonly #limits: ConnectionLimits;
  readonly #db: Sqlite.Database;
  readonly #statements = new Map<string, Sqlite.Statement<unknown[]>>();
  /** Of the texts of statements in the log. */
  readonly #numbers = new Map<string, number>();
  readonly #record: RedoRecordWriter;
  readonly #log: RedoLog | null;
  /** The number of the log up to which the file holds everything. */
  #inFile = 0;
  /** From `begin` to `commit` or `rollback`. */
  #isOpen = false;

  /** Throws `StorageError` when the file cannot be used. */
  constructor(
    path: string,
    limits: ConnectionLimits = {
      maxLogBytes: MAX_LOG_BYTES,
      maxRecordBytes: MAX_RECORD_BYTES,
    },
  ) {
    this.#path = path;
    this.#limits = limits;
    this.#record = new RedoRecordWriter(this.#numbers, {
      headBytes: HEAD_BYTES,
      maxBytes: limits.maxRecordBytes,
    });
    this.#db = openFile(path);
    try {
      this.#log = this.#prepare();
    } catch (error) {
      this.#db.close();
      throw toStorageError(error, path);
    }
  }

  begin(): void {
    this.#restore();
    this.#isOpen = true;
  }

  /** Throws `StorageError`; then everything since `begin` is gone. */
  commit(): void {
    try {
      this.#makeDurable();
    } catch (error) {
      this.rollback();
      throw toStorageError(error, this.#path);
    }
    this.#isOpen = false;
    this.#record.clear();
  }

  /** Does nothing outside `begin` … `commit`, so not after a commit that failed either. */
  rollback(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    if (this.#db.inTransaction) this.#execute("ROLLBACK");
    if (this.#log !== null) this.#redo(this.#log);
  }

  /** Within `begin` … `commit`. */
  run(sql: string, ...parameters: unknown[]): StatementResult {
    this.#requireTransaction();
    const result = this.#execute(sql, ...parameters);
    if (this.#log !== null) this.#record.add(sql, parameters);
    return result;
  }

  get(sql: string, ...parameters: unknown[]): unknown {
    return this.#read(() => this.#statement(sql).get(...parameters));
  }

  all(sql: string, ...parameters: unknown[]): unknown[] {
    return this.#read(() => this.#statement(sql).all(...parameters));
  }

  /** What was not committed is gone. */
  close(): void {
    if (this.#log !== null) this.#settle(this.#log);
    this.#db.close();
  }

  /** Brings all into the file, which then needs no log; should that fail, the log is kept for who opens it next. */
  #settle(log: RedoLog): void {
    try {
      this.rollback();
      this.#restore();
      if (log.number > this.#inFile) this.#checkpoint(log);
    } catch {
      return log.close();
    }
    log.remove();
  }

  #makeDurable(): void {
    if (this.#log === null) this.#execute("COMMIT");
    else if (!this.#record.isEmpty) this.#store(this.#log);
  }

  #store(log: RedoLog): void {
    this.#requireTransaction();
    const { record, isTooLong } = this.#record;
    const isFull = log.bytes + record.length > this.#limits.maxLogBytes;
    if (isTooLong || isFull) this.#checkpoint(log);
    else log.append(record);
  }

  #requireTransaction(): void {
    if (this.#db.inTransaction) return;
    throw toStorageError(new Error("it was rolled back"), this.#path);
  }

  /**
   * Only with what D2 says in the open transaction. It has a number as a record has: a log that goes on after it does not go
   * with a file from before it.
   */
  #checkpoint(log: RedoLog): void {
    const number = log.number + 1;
    this.#execute(SET_REDO_NUMBER, String(number));
    this.#execute("COMMIT");
    this.#inFile = number;
    this.#numbers.clear();
    log.restart(number);
  }

  /** From here on, nobody else can open the file. Null where there is no log. */
  #prepare(): RedoLog | null {
    this.#execute("BEGIN EXCLUSIVE");
    const format = checkedFormat(this.#db, this.#path);
    const log = format < FIRST_LOGGED_FORMAT ? null : this.#openLog();
    if (log !== null) this.#redo(log);
    // A file that is up to date is not written, so that it opens on a full disk, too.
    if (format === LATEST_FORMAT) return log;
    migrate(this.#db, format);
    if (log !== null) this.#checkpoint(log);
    else this.#execute("COMMIT");
    return this.#path === MEMORY ? null : (log ?? this.#openLog());
  }

  #openLog(): RedoLog {
    const id = String(this.#statement(REDO_ID).pluck().get());
    this.#inFile = Number(this.#statement(REDO_NUMBER).pluck().get());
    const state = { id: Buffer.from(id, "hex"), number: this.#inFile };
    return new RedoLog(`${this.#path}-redo`, state);
  }

  #redo(log: RedoLog): void {
    const texts: string[] = [];
    for (const { number, statements } of log.records()) {
      const logged = statementsIn(statements, texts);
      if (number <= this.#inFile) continue;
      this.#start();
      for (const { sql, parameters } of logged)
        this.#execute(sql, ...parameters);
    }
    this.#numbers.clear();
    for (const [number, sql] of texts.entries()) this.#numbers.set(sql, number);
    this.#record.clear();
  }

  /** Makes D3 true where SQLite has ended the transaction. */
  #restore(): void {
    if (this.#db.inTransaction) return;
    if (this.#log !== null) this.#redo(this.#log);
    this.#start();
  }

  #start(): void {
    if (!this.#db.inTransaction) this.#execute("BEGIN IMMEDIATE");
  }

  /** What an error has ended is made anew at once, unless a commit is open: that is lost then, and says so. */
  #read<T>(work: () => T): T {
    try {
      return this.#explained(work);
    } catch (error) {
      if (this.#log !== null && this.#db.open && !this.#isOpen) this.#restore();
      throw error;
    }
  }

  #execute(sql: string, ...parameters: unknown[]): Sqlite.RunResult {
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

/** Exclusive locking keeps other processes out and lets WAL do without shared memory. */
function openFile(path: string): Sqlite.Database {
  if (path !== MEMORY) checkFiles(path);
  let db: Sqlite.Database | undefined;
  try {
    db = new Sqlite(path, { timeout: 0 });
    db.pragma(`page_size = ${PAGE_BYTES}`);
    db.pragma("locking_mode = EXCLUSIVE");
    db.pragma("journal_mode = WAL");
    db.pragma("synchronous = FULL");
    db.pragma(`wal_autocheckpoint = ${CHECKPOINT_PAGES}`);
    db.pragma(`journal_size_limit = ${MAX_IDLE_WAL_BYTES}`);
    db.pragma("cache_size = -32768");
    db.pragma("temp_store = MEMORY");
    return db;
  } catch (error) {
    db?.close();
    throw toStorageError(error, path);
  }
}
