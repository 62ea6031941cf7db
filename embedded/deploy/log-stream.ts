import type { JSONValue } from "convex/values";
import type { LogEntry } from "../runtime/types";

const MAX_ENTRIES = 2000;
const POLL_MS = 60_000;

/** The newest log entries of all functions, for `GET /api/stream_function_logs`. Cursors are positions in the stream. */
export class LogStream {
  /** Twice as many at most. */
  #entries: { cursor: number; entry: LogEntry }[] = [];
  readonly #waiting = new Set<() => void>();
  #cursor: number;

  /** `startCursor` lies beyond all cursors of earlier lives of the process, so that clients keep following. */
  constructor(startCursor: number) {
    this.#cursor = startCursor;
  }

  add(entry: LogEntry): void {
    this.#cursor += 1;
    this.#entries.push({ cursor: this.#cursor, entry });
    if (this.#entries.length >= 2 * MAX_ENTRIES)
      this.#entries = this.#entries.slice(-MAX_ENTRIES);
    for (const wake of this.#waiting) wake();
    this.#waiting.clear();
  }

  /** Answers at once when there is something after `cursor`, else when there is, or after a minute without. */
  async after(cursor: number, signal: AbortSignal): Promise<JSONValue> {
    if (this.#newest() <= cursor) await this.#next(signal);
    const entries = this.#entries
      .slice(-MAX_ENTRIES)
      .filter((entry) => entry.cursor > cursor);
    return {
      entries: entries.map(({ entry }) => entryJson(entry)),
      newCursor: entries.at(-1)?.cursor ?? Math.max(cursor, 0),
    };
  }

  /** Releases everybody who waits. */
  close(): void {
    for (const wake of this.#waiting) wake();
    this.#waiting.clear();
  }

  #newest(): number {
    return this.#entries.at(-1)?.cursor ?? 0;
  }

  #next(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        signal.removeEventListener("abort", done);
        this.#waiting.delete(done);
        resolve();
      };
      const timer = setTimeout(done, POLL_MS);
      timer.unref();
      signal.addEventListener("abort", done);
      this.#waiting.add(done);
    });
  }
}

function entryJson(entry: LogEntry): JSONValue {
  const { kind, udfType, componentPath, identifier, requestId } = entry;
  const common = {
    kind,
    udfType,
    componentPath,
    identifier,
    requestId,
    executionId: requestId,
    timestamp: entry.timestampMs / 1000,
    logLines: entry.lines.map(
      ({ level, messages, timestampMs, isTruncated }) => ({
        level,
        messages,
        isTruncated,
        timestamp: timestampMs,
      }),
    ),
  };
  return kind === "Progress" ? common : { ...common, ...completionJson(entry) };
}

function completionJson(entry: LogEntry): { [field: string]: JSONValue } {
  const seconds = entry.executionTimeMs / 1000;
  return {
    error: entry.error,
    success: entry.error === null ? { status: "200" } : null,
    cachedResult: false,
    executionTime: seconds,
    userExecutionTime: seconds,
    executionTimestamp: entry.timestampMs / 1000,
    caller: entry.caller,
    environment: entry.environment,
    parentExecutionId: null,
    identityType: "unknown",
    usageStats: {},
    returnBytes: null,
    occInfo: null,
    willRetry: false,
  };
}
