/**
 * One state of all documents, read bit by bit while commits go on. A row that is about to change for the first time and
 * has not been read yet is set aside as it was; the scan takes what was set aside over what is on disk. Commits are
 * never held up, and memory does not grow with the database or with the writes meanwhile.
 */
import type { DocumentStorage, StoredEntry } from "../storage/document-storage";
import { SpillMap, type SpilledEntry } from "../storage/spill-map";
import { compareKeys, keyAfter } from "../values/index-key";
import type { PendingDocument } from "./pending-writes";
import { builtInIndex, keyIn, type TableInfo } from "./table-info";
import type { DatabaseSnapshot, SnapshotTable } from "./types";

const BATCH_BYTES = 256 * 1024;
const LARGEST_BATCH = 512;
const FIRST_BATCH = 16;

export class DocumentSnapshot implements DatabaseSnapshot {
  readonly ts: bigint;
  readonly tables: readonly SnapshotTable[];
  readonly #storage: DocumentStorage;
  readonly #setAside = new SpillMap();
  /** By the storage id of a table's `by_id`: where its scan goes on. Tables that were read to the end are gone. */
  readonly #positions = new Map<number, Uint8Array>();
  readonly #onClose: () => void;

  /** Nothing may be applied to `storage` that is not durable. */
  constructor(options: {
    storage: DocumentStorage;
    tables: readonly TableInfo[];
    ts: bigint;
    onClose: () => void;
  }) {
    this.ts = options.ts;
    this.#storage = options.storage;
    this.#onClose = options.onClose;
    this.tables = options.tables.map((table) => {
      const indexId = builtInIndex(table, "by_id").storageId;
      this.#positions.set(indexId, new Uint8Array());
      return {
        component: table.component,
        name: table.name,
        number: table.number,
        indexId,
      };
    });
  }

  /** Called for each row before it changes. */
  aboutToChange({ table, before, after }: PendingDocument): void {
    const index = builtInIndex(table, "by_id");
    const position = this.#positions.get(index.storageId);
    const document = before?.document ?? after?.document;
    if (position === undefined || document === undefined) return;
    const key = keyIn(index, document);
    if (compareKeys(key, position) < 0) return;
    const text = before === null ? null : JSON.stringify(before.document);
    this.#setAside.setIfAbsent(index.storageId, key, text);
  }

  *documents(table: SnapshotTable): Generator<string[]> {
    let limit = FIRST_BATCH;
    for (;;) {
      const position = this.#positions.get(table.indexId);
      if (position === undefined) return;
      const texts = this.#next(table.indexId, position, limit);
      const bytes = texts.reduce((sum, text) => sum + text.length, 0);
      limit = batchFor(limit, bytes);
      if (texts.length > 0) yield texts;
    }
  }

  close(): void {
    this.#positions.clear();
    this.#setAside.close();
    this.#onClose();
  }

  #next(indexId: number, start: Uint8Array, limit: number): string[] {
    const order = "asc";
    const stored = this.#storage.scan({
      indexId,
      start,
      end: null,
      order,
      limit,
    });
    const setAside = this.#setAside.scan(indexId, start, limit);
    const end = commonEnd([stored, setAside], limit);
    this.#advance(indexId, end);
    return merge(stored, setAside, end);
  }

  #advance(indexId: number, end: Uint8Array | null): void {
    if (end === null) {
      this.#positions.delete(indexId);
      return;
    }
    this.#positions.set(indexId, end);
    this.#setAside.dropBefore(indexId, end);
  }
}

function batchFor(limit: number, bytes: number): number {
  const fitting = Math.floor((limit * BATCH_BYTES) / Math.max(bytes, 1));
  return Math.max(1, Math.min(fitting, limit * 4, LARGEST_BATCH));
}

/** Up to where (exclusive) both lists are complete; null when both have ended. */
function commonEnd(
  lists: readonly (readonly { key: Uint8Array }[])[],
  limit: number,
): Uint8Array | null {
  let end: Uint8Array | null = null;
  for (const list of lists) {
    const last = list.at(-1);
    if (last === undefined || list.length < limit) continue;
    const after = keyAfter(last.key);
    if (end === null || compareKeys(after, end) < 0) end = after;
  }
  return end;
}

/** Texts in the order of their keys, before `end`; what was set aside wins, and null hides the row. */
function merge(
  stored: readonly StoredEntry[],
  setAside: readonly SpilledEntry[],
  end: Uint8Array | null,
): string[] {
  const rows = new Map<string, { key: Uint8Array; text: string | null }>();
  for (const { key, json } of stored) rows.set(hex(key), { key, text: json });
  for (const entry of setAside) rows.set(hex(entry.key), entry);
  return [...rows.values()]
    .filter(({ key }) => end === null || compareKeys(key, end) < 0)
    .sort((left, right) => compareKeys(left.key, right.key))
    .flatMap(({ text }) => (text === null ? [] : [text]));
}

function hex(key: Uint8Array): string {
  return Buffer.from(key.buffer, key.byteOffset, key.length).toString("latin1");
}
