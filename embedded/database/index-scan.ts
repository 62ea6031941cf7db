/**
 * Rows of one index range in order: what is on disk merged with what the transaction has written. Reads the disk in
 * growing batches (a statement left open would block writes) and looks the overlay up by position, so that rows written
 * behind the scan's back while it is open are seen if they lie ahead.
 */
import { compareKeys, keyAfter } from "../values/index-key";
import type { DocumentStorage, StoredEntry } from "../storage/document-storage";
import type { IndexOverlay, OverlayEntry } from "./index-overlay";
import { parseRow, type Row } from "./table-info";
import type { KeyRange } from "./types";

const FIRST_BATCH = 16;
const LARGEST_BATCH = 512;

export type ScannedRow = { key: Uint8Array; row: Row };
export type ScanSource = {
  storage: DocumentStorage;
  overlayOf: (indexId: number) => IndexOverlay | undefined;
};

export class IndexScan {
  readonly #source: ScanSource;
  readonly #indexId: number;
  readonly #order: "asc" | "desc";
  /** What remains to be scanned. */
  #start: Uint8Array;
  #end: Uint8Array | null;
  #batch: readonly StoredEntry[] = [];
  #batchPosition = 0;
  #batchSize: number;
  #diskEnded = false;

  constructor(
    source: ScanSource,
    request: {
      indexId: number;
      range: KeyRange;
      order: "asc" | "desc";
      expectedRows?: number | undefined;
    },
  ) {
    this.#source = source;
    this.#indexId = request.indexId;
    this.#order = request.order;
    this.#start = request.range.start;
    this.#end = request.range.end;
    this.#batchSize = Math.min(
      LARGEST_BATCH,
      Math.max(1, request.expectedRows ?? FIRST_BATCH),
    );
  }

  next(): ScannedRow | null {
    for (;;) {
      const stored = this.#peekStored();
      const overlaid = this.#peekOverlay();
      if (stored === null && overlaid === null) return null;
      const found = this.#take(stored, overlaid);
      if (found !== null) return found;
    }
  }

  /** The nearer of both; null when it is a removed row. The overlay hides the disk at equal keys. */
  #take(
    stored: StoredEntry | null,
    overlaid: OverlayEntry | null,
  ): ScannedRow | null {
    const order = this.#compare(stored, overlaid);
    if (order <= 0) this.#batchPosition += 1;
    const key = order < 0 ? stored?.key : overlaid?.key;
    if (key === undefined) return null;
    this.#advance(key);
    if (order < 0)
      return stored === null ? null : { key, row: parseRow(stored) };
    return overlaid?.row ? { key, row: overlaid.row } : null;
  }

  /** Negative: the stored row comes first. */
  #compare(stored: StoredEntry | null, overlaid: OverlayEntry | null): number {
    if (stored === null) return 1;
    if (overlaid === null) return -1;
    const order = compareKeys(stored.key, overlaid.key);
    return this.#order === "asc" ? order : -order;
  }

  #advance(key: Uint8Array): void {
    if (this.#order === "asc") this.#start = keyAfter(key);
    else this.#end = key;
  }

  #peekStored(): StoredEntry | null {
    if (this.#batchPosition === this.#batch.length && !this.#diskEnded)
      this.#fetch();
    return this.#batch[this.#batchPosition] ?? null;
  }

  #fetch(): void {
    const limit = this.#batchSize;
    const request = {
      indexId: this.#indexId,
      start: this.#start,
      end: this.#end,
      order: this.#order,
      limit,
    };
    this.#batch = this.#source.storage.scan(request);
    this.#batchPosition = 0;
    this.#diskEnded = this.#batch.length < limit;
    this.#batchSize = Math.min(LARGEST_BATCH, Math.max(FIRST_BATCH, limit * 2));
  }

  #peekOverlay(): OverlayEntry | null {
    const overlay = this.#source.overlayOf(this.#indexId);
    if (overlay === undefined) return null;
    const entry =
      this.#order === "asc"
        ? overlay.atOrAfter(this.#start)
        : overlay.lastBefore(this.#end);
    if (entry === null || compareKeys(entry.key, this.#start) < 0) return null;
    return this.#end !== null && compareKeys(entry.key, this.#end) >= 0
      ? null
      : entry;
  }
}
