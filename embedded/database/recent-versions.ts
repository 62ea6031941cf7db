/**
 * What recent commits have overwritten, so that a query can still see the state before them. Bounded in age, number and
 * bytes: older states are refused, as Convex refuses what is out of its retention.
 */
import type { DocumentStorage } from "../storage/document-storage";
import { BackendError } from "./backend-error";
import type { Catalog } from "./catalog";
import type { PendingWrites } from "./pending-writes";
import { findStoredRow, type Row, type TableInfo } from "./table-info";

const KEPT_NS = 60_000_000_000n;
const MAX_VERSIONS = 10_000;
const MAX_BYTES = 16 * 1024 * 1024;

/** Without what took its place, which is on disk or overwritten itself: most are inserts, and need not be kept alive. */
export type Overwritten = {
  readonly ts: bigint;
  readonly table: TableInfo;
  readonly id: string;
  readonly before: Row | null;
};
type Newest = {
  writes: PendingWrites;
  catalog: Catalog;
  storage: DocumentStorage;
};

export class RecentVersions {
  /** Ascending timestamps. */
  #versions: Overwritten[] = [];
  /** Index of the first that is still kept; those before it await a clean-up. */
  #first = 0;
  #bytes = 0;
  /** The oldest state that can be put together. */
  #oldestTs: bigint;

  constructor(ts: bigint) {
    this.#oldestTs = ts;
  }

  /** `trim` follows, once a commit. */
  add(version: Overwritten): void {
    this.#versions.push(version);
    this.#bytes += version.before?.size ?? 0;
  }

  trim(nowTs: bigint): void {
    while (this.#isTooMuch(nowTs)) this.#dropOldest();
    if (this.#first > MAX_VERSIONS) this.#compact();
  }

  /** States before `ts` cannot be put together, since tables were exchanged. */
  forgetBefore(ts: bigint): void {
    this.#versions = [];
    this.#first = 0;
    this.#bytes = 0;
    this.#oldestTs = ts;
  }

  /** The commits after `ts` did not reach the disk. */
  forgetAfter(ts: bigint): void {
    this.#compact();
    while ((this.#versions.at(-1)?.ts ?? ts) > ts) {
      const lost = this.#versions.pop();
      this.#bytes -= lost?.before?.size ?? 0;
    }
  }

  /** Makes a transaction on the newest state see the one at `ts`. Throws when that is too long ago. */
  restore(ts: bigint, { writes, catalog, storage }: Newest): void {
    if (ts < this.#oldestTs) throw outOfRetention();
    for (let at = this.#versions.length - 1; at >= this.#first; at--) {
      const version = this.#versions[at];
      if (version === undefined || version.ts <= ts) return;
      const { id, before } = version;
      const { component, name } = version.table;
      const table = catalog.find(component, name) ?? version.table;
      const newer = writes.find(table, id);
      const current =
        newer === undefined ? findStoredRow(storage, table, id) : newer;
      writes.write(table, id, { current, next: before });
    }
  }

  #isTooMuch(nowTs: bigint): boolean {
    const oldest = this.#versions[this.#first];
    if (oldest === undefined) return false;
    const count = this.#versions.length - this.#first;
    return (
      count > MAX_VERSIONS ||
      this.#bytes > MAX_BYTES ||
      oldest.ts + KEPT_NS < nowTs
    );
  }

  #dropOldest(): void {
    const oldest = this.#versions[this.#first];
    if (oldest === undefined) return;
    this.#bytes -= oldest.before?.size ?? 0;
    this.#oldestTs = oldest.ts;
    this.#first += 1;
  }

  #compact(): void {
    this.#versions = this.#versions.slice(this.#first);
    this.#first = 0;
  }
}

function outOfRetention(): BackendError {
  const text = "Your request couldn't be completed. Try again later.";
  return new BackendError("InternalServerError", text, { status: 503 });
}
