import { dirname } from "node:path";

/** Why the data file cannot be used: what happened, where, and what to do, in one sentence. */
export type StorageErrorCode =
  | "corrupt"
  | "not-a-database"
  | "read-only"
  | "cannot-open"
  | "in-use"
  | "newer-version"
  | "disk-full"
  | "failed";

export class StorageError extends Error {
  readonly code: StorageErrorCode;

  constructor(code: StorageErrorCode, message: string, cause?: unknown) {
    super(message, { cause });
    this.name = "StorageError";
    this.code = code;
  }
}

/** SQLite's or the file system's error, told in terms of the file at `path`. */
export function toStorageError(error: unknown, path: string): StorageError {
  if (error instanceof StorageError) return error;
  const errorCode =
    error instanceof Error && "code" in error ? String(error.code) : "";
  const [code, message] = explain(
    errorCode,
    path,
    error instanceof Error ? error.message : String(error),
  );
  return new StorageError(code, message, error);
}

function explain(
  errorCode: string,
  path: string,
  detail: string,
): [StorageErrorCode, string] {
  switch (errorCode.split("_").slice(0, 2).join("_")) {
    case "SQLITE_NOTADB":
      return [
        "not-a-database",
        `${path} is not a database file; move it away or choose another data folder.`,
      ];
    case "SQLITE_CORRUPT":
      return [
        "corrupt",
        `The database ${path} is damaged (${detail}); restore it from a backup.`,
      ];
    case "EROFS":
    case "EACCES":
    case "EPERM":
    case "SQLITE_READONLY":
    case "SQLITE_PERM":
      return [
        "read-only",
        `The database ${path} cannot be written; allow writing to the file and its folder.`,
      ];
    case "SQLITE_CANTOPEN":
      return [
        "cannot-open",
        `The database ${path} cannot be opened (${detail}); check that its folder exists.`,
      ];
    case "SQLITE_BUSY":
    case "SQLITE_LOCKED":
      return [
        "in-use",
        `The data folder ${dirname(path)} is already open in another process; stop that process, or choose another folder.`,
      ];
    case "ENOSPC":
    case "EDQUOT":
    case "SQLITE_FULL":
      return [
        "disk-full",
        `The disk that holds ${path} is full, so nothing more can be saved; free some space.`,
      ];
    default:
      return [
        "failed",
        `The database ${path} could not be read or written: ${detail}.`,
      ];
  }
}
