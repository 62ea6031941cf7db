/** What clients are told when the disk fails: enough to act on, nothing of the server's folders. */
import type { StorageError } from "../storage/storage-error";
import { serverLog } from "../telemetry/server-log";

const LOG_EVERY_MS = 10_000;
let loggedAtMs = -Infinity;

/** Once in a while: every function may fail now, and the log may be on the same disk. */
export function logStorageFailure(error: StorageError): void {
  if (performance.now() - loggedAtMs < LOG_EVERY_MS) return;
  loggedAtMs = performance.now();
  serverLog.error("The database failed a function", error);
}

export function storageFailureText({ code }: StorageError): string {
  switch (code) {
    case "disk-full":
      return "The server's disk is full, so nothing of this was saved; try again when there is space.";
    case "read-only":
      return "The server's database cannot be written, so nothing of this was saved; its log says why.";
    case "corrupt":
    case "not-a-database":
      return "The server's database is damaged; its log says where.";
    case "cannot-open":
    case "in-use":
    case "newer-version":
    case "failed":
      return "The server's database could not be read or written; its log says why.";
    default:
      return code satisfies never;
  }
}
