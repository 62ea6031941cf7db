/**
 * A file of records, one a commit, that are durable before the database file has them. Invariants:
 *  L1  Numbers of records grow over the life of a database: by one within a round of the file, by two from one round to the
 *      next, since what ends a round has a number, too.
 *  L2  The log ends before the first record that is not whole or does not have the next number: what a torn write or an
 *      earlier round left behind it is never taken for a commit.
 *  L3  A record that could not be made durable is not in the log; the next one takes its place and number.
 */
import {
  closeSync,
  existsSync,
  fdatasyncSync,
  fstatSync,
  fsyncSync,
  openSync,
  readFileSync,
  rmSync,
  writeSync,
} from "node:fs";
import { dirname } from "node:path";
import { crc32 } from "node:zlib";
import { StorageError } from "./storage-error";

const MAGIC = "Lockstep redo 1\n";
const ID_BYTES = 16;
const HEADER_BYTES = MAGIC.length + ID_BYTES;
/** Of a record: its length, its checksum, its number. */
export const HEAD_BYTES = 16;
const CHECKSUM_AT = 4;
const CHECKED_FROM = 8;
/** The file grows by this much at a time: a write beyond the end of a file is synced more slowly than one within. */
const STEP_BYTES = 1024 * 1024;

export interface RedoRecord {
  number: number;
  statements: Buffer;
}

export class RedoLog {
  readonly #path: string;
  readonly #id: Buffer;
  /** Opened, and made, when there is something to write: a full disk must not keep anybody from reading. */
  #file: number | null = null;
  #exists = false;
  #size = HEADER_BYTES;
  #end = HEADER_BYTES;
  /** Of the last record, or of what ended the round before. */
  #number: number;

  /**
   * `number` is the one up to which the database file has everything, `id` tells the database from others. Throws
   * `StorageError` for a log that does not go with this state of this database.
   */
  constructor(path: string, state: { id: Buffer; number: number }) {
    this.#path = path;
    this.#id = state.id;
    this.#number = state.number;
    const bytes = existsSync(path) ? readFileSync(path) : Buffer.alloc(0);
    if (bytes.length < HEADER_BYTES) return;
    this.#adopt(bytes);
    this.#exists = true;
  }

  get number(): number {
    return this.#number;
  }

  get bytes(): number {
    return this.#end;
  }

  /** Durable on return. The head of `record` is free for this. */
  append(record: Buffer): void {
    record.writeUInt32LE(record.length - HEAD_BYTES, 0);
    record.writeDoubleLE(this.#number + 1, CHECKED_FROM);
    record.writeUInt32LE(crc32(record.subarray(CHECKED_FROM)), CHECKSUM_AT);
    const file = (this.#file ??= this.#open());
    this.#grow(file, this.#end + record.length);
    try {
      writeWhole(file, record, this.#end);
      fdatasyncSync(file);
    } catch (error) {
      forgetRecord(file, this.#end);
      throw error;
    }
    this.#end += record.length;
    this.#number += 1;
  }

  /** All that are in the log, in order. */
  records(): RedoRecord[] {
    if (this.#end === HEADER_BYTES) return [];
    return recordsIn(readFileSync(this.#path).subarray(0, this.#end)).records;
  }

  /** The database file has everything up to that number: the next record is the first of the file again. */
  restart(number: number): void {
    this.#number = number;
    this.#end = HEADER_BYTES;
  }

  close(): void {
    if (this.#file !== null) closeSync(this.#file);
    this.#file = null;
  }

  remove(): void {
    this.close();
    rmSync(this.#path, { force: true });
  }

  #open(): number {
    if (!this.#exists) this.#create();
    return openSync(this.#path, "r+");
  }

  #create(): void {
    const file = openSync(this.#path, "w");
    try {
      writeWhole(file, headerOf(this.#id), 0);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    syncFolder(dirname(this.#path));
    this.#exists = true;
  }

  #adopt(bytes: Buffer): void {
    this.#size = bytes.length;
    const { records, end } = recordsIn(bytes);
    const first = records[0]?.number ?? 0;
    const header = bytes.subarray(0, HEADER_BYTES);
    if (!header.equals(headerOf(this.#id)) || first > this.#number + 1)
      throw this.#foreign();
    const last = records.at(-1)?.number ?? 0;
    if (last <= this.#number) return;
    this.#number = last;
    this.#end = end;
  }

  #foreign(): StorageError {
    return new StorageError(
      "corrupt",
      `The log ${this.#path} does not go with the database beside it; restore both from a backup of one moment.`,
    );
  }

  #grow(file: number, needed: number): void {
    if (needed <= this.#size) return;
    const size = Math.max(needed, this.#size + STEP_BYTES);
    try {
      writeWhole(file, Buffer.alloc(size - this.#size), this.#size);
    } catch (error) {
      // A disk may have less than that left, and still enough.
      if (fstatSync(file).size < needed) throw error;
    } finally {
      this.#size = fstatSync(file).size;
    }
  }
}

/** As well as it can be done on a disk that has just failed. */
function forgetRecord(file: number, at: number): void {
  try {
    writeWhole(file, Buffer.alloc(HEAD_BYTES), at);
  } catch {
    // What cannot be written now will hardly have been written before.
  }
}

function headerOf(id: Buffer): Buffer {
  return Buffer.concat([Buffer.from(MAGIC, "latin1"), id]);
}

function recordsIn(bytes: Buffer): { records: RedoRecord[]; end: number } {
  const records: RedoRecord[] = [];
  let end = HEADER_BYTES;
  for (;;) {
    const record = recordAt(bytes, end);
    const before = records.at(-1);
    if (record === null) break;
    if (before !== undefined && record.number !== before.number + 1) break;
    records.push(record);
    end += HEAD_BYTES + record.statements.length;
  }
  return { records, end };
}

function recordAt(bytes: Buffer, at: number): RedoRecord | null {
  if (at + HEAD_BYTES > bytes.length) return null;
  const length = bytes.readUInt32LE(at);
  const end = at + HEAD_BYTES + length;
  if (length === 0 || end > bytes.length) return null;
  const checked = bytes.subarray(at + CHECKED_FROM, end);
  if (crc32(checked) !== bytes.readUInt32LE(at + CHECKSUM_AT)) return null;
  const number = bytes.readDoubleLE(at + CHECKED_FROM);
  return { number, statements: bytes.subarray(at + HEAD_BYTES, end) };
}

function writeWhole(file: number, bytes: Uint8Array, position: number): void {
  for (let done = 0; done < bytes.length;)
    done += writeSync(file, bytes, done, bytes.length - done, position + done);
}

/** Makes the name of a new file durable, where the system can do that. */
function syncFolder(folder: string): void {
  if (process.platform === "win32") return;
  const file = openSync(folder, "r");
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
