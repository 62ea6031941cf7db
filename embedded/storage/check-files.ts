/** What SQLite would report too late or less clearly, or would not notice: looked at before it opens a file. */
import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  openSync,
  readSync,
  statSync,
} from "node:fs";
import { dirname } from "node:path";
import { StorageError } from "./storage-error";

const HEADER_BYTES = 100;
const MAGIC = "SQLite format 3\0";
const PAGE_SIZE_AT = 16;
const PAGE_COUNT_AT = 28;
/** Stored as 1, because it does not fit. */
const LARGEST_PAGE = 65_536;

/** Throws `StorageError` when the file must not be opened. */
export function checkFiles(path: string): void {
  checkAccess(path);
  for (const log of [`${path}-wal`, `${path}-redo`])
    if (sizeOf(log) > 0) checkNotEmpty(path, log);
  if (sizeOf(`${path}-wal`) === 0 && !existsSync(`${path}-journal`))
    checkWhole(path);
}

function checkAccess(path: string): void {
  const folder = dirname(path);
  if (!existsSync(folder)) {
    throw new StorageError(
      "cannot-open",
      `The folder ${folder} of the database does not exist; create it first.`,
    );
  }
  const target = existsSync(path) ? [folder, path] : [folder];
  for (const name of target) {
    if (isWritable(name)) continue;
    throw new StorageError(
      "read-only",
      `The database ${path} cannot be written; allow writing to ${name}.`,
    );
  }
}

/** SQLite takes an empty file for a new database and deletes its log, which may be all that is left; ours would be replaced. */
function checkNotEmpty(path: string, log: string): void {
  if (sizeOf(path) > 0) return;
  throw new StorageError(
    "corrupt",
    `The database ${path} is empty although its log ${log} is not; restore both from a backup.`,
  );
}

/** Without a log, everything the header counts must be there. SQLite would read zeros beyond the end. */
function checkWhole(path: string): void {
  const size = sizeOf(path);
  if (size === 0) return;
  const expected = lengthByHeader(path);
  if (size >= expected) return;
  throw new StorageError(
    "corrupt",
    `The database ${path} is damaged (${size} of ${expected} bytes are left); restore it from a backup.`,
  );
}

/** What is no database at all is left to SQLite to tell. */
function lengthByHeader(path: string): number {
  const header = Buffer.alloc(HEADER_BYTES);
  const file = openSync(path, "r");
  try {
    const read = readSync(file, header);
    if (header.toString("latin1", 0, MAGIC.length) !== MAGIC) return 0;
    if (read < HEADER_BYTES) return HEADER_BYTES;
  } finally {
    closeSync(file);
  }
  const pageSize = header.readUInt16BE(PAGE_SIZE_AT);
  const pages = header.readUInt32BE(PAGE_COUNT_AT);
  return pages * (pageSize === 1 ? LARGEST_PAGE : pageSize);
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
