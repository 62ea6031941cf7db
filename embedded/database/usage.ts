/** What a transaction has used of its limits, with Convex's error texts. */
import { BackendError } from "./backend-error";
import type { TransactionMetrics } from "./types";

export const MAX_DOCUMENTS_READ = 32_000;
export const MAX_BYTES_READ = 16 << 20;
const MAX_RANGES_READ = 4096;
const MAX_DOCUMENTS_WRITTEN = 16_000;
const MAX_BYTES_WRITTEN = 16 << 20;
const READ_LESS =
  "Consider using smaller limits in your queries, paginating your queries, or using indexed queries with a selective index range expressions.";

export class Usage {
  readonly metrics: TransactionMetrics = {
    documentsRead: 0,
    bytesRead: 0,
    databaseQueries: 0,
    documentsWritten: 0,
    bytesWritten: 0,
  };

  countRow(bytes: number): void {
    this.metrics.documentsRead += 1;
    this.metrics.bytesRead += bytes;
    if (this.metrics.documentsRead > MAX_DOCUMENTS_READ) {
      throw tooManyReads("documents read", `${MAX_DOCUMENTS_READ}`);
    }
    if (this.metrics.bytesRead > MAX_BYTES_READ)
      throw tooManyReads("bytes read", `${MAX_BYTES_READ} bytes`);
  }

  countQuery(): void {
    this.metrics.databaseQueries += 1;
    if (this.metrics.databaseQueries > MAX_RANGES_READ)
      throw tooManyReads("reads", `${MAX_RANGES_READ}`);
  }

  countWrite(bytes: number): void {
    this.metrics.documentsWritten += 1;
    this.metrics.bytesWritten += bytes;
    if (this.metrics.documentsWritten > MAX_DOCUMENTS_WRITTEN) {
      throw new BackendError(
        "TooManyWrites",
        `Too many writes in a single function execution (limit: ${MAX_DOCUMENTS_WRITTEN})`,
      );
    }
    if (this.metrics.bytesWritten > MAX_BYTES_WRITTEN) {
      const text =
        "Too many bytes written in a single function execution (limit: 16 MiB)";
      throw new BackendError("TooManyBytesWritten", text);
    }
  }
}

function tooManyReads(what: string, limit: string): BackendError {
  const text = `Too many ${what} in a single function execution (limit: ${limit}). ${READ_LESS}`;
  return new BackendError("TooManyReads", text);
}
