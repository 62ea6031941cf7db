/**
 * What was read lately, so that what most functions read does not go through SQLite each time. It shows what the storage
 * below it shows, uncommitted changes included, because every change passes through here. Invariants:
 *  R1  A document in `#documents` is as it is stored. A slot counts only while each of its documents is the one there.
 *  R2  A slot's keys are all that the index has in its range: adding or removing a key drops the slots it lies in.
 *  R3  It may be stopped at any point of a read (by a watchdog) and is then still true: a slot comes last.
 */
import type { AnswerStorage } from "./answer-storage";
import { IndexSlots, type ScanSlot } from "./index-slots";
import type {
  DocumentStorage,
  ScanRequest,
  StoredDocument,
  StoredEntry,
} from "./document-storage";
import type { SearchStorage } from "./search-storage";

const MAX_BYTES = 8 * 1024 * 1024;
/** What reads more is no lookup, and would displace many. */
const MAX_ROWS = 32;
const MAX_SLOT_BYTES = 64 * 1024;
/** Of a document and its slot, beside its text. */
const OVERHEAD = 300;
const UNKNOWN = -1;

export class ReadCache implements DocumentStorage {
  readonly search: SearchStorage;
  readonly answers: AnswerStorage;
  readonly #storage: DocumentStorage;
  readonly #maxBytes: number;
  readonly #documents = new Map<number, StoredDocument>();
  readonly #indexes = new Map<number, IndexSlots>();
  #bytes = 0;

  constructor(storage: DocumentStorage, maxBytes = MAX_BYTES) {
    this.#storage = storage;
    this.#maxBytes = maxBytes;
    this.search = storage.search;
    this.answers = storage.answers;
  }

  begin(): void {
    this.#storage.begin();
  }

  commit(): void {
    try {
      this.#storage.commit();
    } catch (error) {
      this.#clear();
      throw error;
    }
  }

  rollback(): void {
    this.#clear();
    this.#storage.rollback();
  }

  insertDocument(document: { size: number; json: string }): number {
    return this.#storage.insertDocument(document);
  }

  updateDocument(document: StoredDocument): void {
    const { rowId, size, json } = document;
    const isKnown = this.#documents.delete(rowId);
    this.#storage.updateDocument(document);
    if (!isKnown) return;
    const current = { rowId, size, json };
    if (this.#makeRoom([current])) this.#documents.set(rowId, current);
  }

  deleteDocument(rowId: number): void {
    this.#documents.delete(rowId);
    this.#storage.deleteDocument(rowId);
  }

  addEntry(indexId: number, key: Uint8Array, rowId: number): void {
    this.#indexes.get(indexId)?.changed(key);
    this.#storage.addEntry(indexId, key, rowId);
  }

  removeEntry(indexId: number, key: Uint8Array): void {
    this.#indexes.get(indexId)?.changed(key);
    this.#storage.removeEntry(indexId, key);
  }

  dropIndex(indexId: number): void {
    this.#indexes.delete(indexId);
    this.#storage.dropIndex(indexId);
  }

  moveEntries(fromIndexId: number, toIndexId: number): void {
    this.#indexes.delete(fromIndexId);
    this.#indexes.delete(toIndexId);
    this.#storage.moveEntries(fromIndexId, toIndexId);
  }

  find(indexId: number, key: Uint8Array): StoredDocument | null {
    const rowId = this.#slotsOf(indexId).point(key);
    if (rowId === null) return null;
    const known = this.#documents.get(rowId ?? UNKNOWN);
    if (known !== undefined) return known;
    const found = this.#storage.find(indexId, key);
    if (!this.#makeRoom(found === null ? [] : [found])) return found;
    const document = found === null ? null : this.#remember(found);
    this.#slotsOf(indexId).setPoint(key, document?.rowId ?? null);
    return document;
  }

  findRow(rowId: number): StoredDocument | null {
    return this.#documents.get(rowId) ?? this.#storage.findRow(rowId);
  }

  scan(request: ScanRequest): readonly StoredEntry[] {
    const known = this.#slotsOf(request.indexId).scanned(request);
    if (known !== undefined && this.#refresh(known)) return known.entries;
    const entries = this.#storage.scan(request);
    if (!isSmall(entries) || !this.#makeRoom(entries)) return entries;
    const documents = entries.map((entry) => this.#remember(entry));
    this.#slotsOf(request.indexId).setScanned(request, { documents, entries });
    return entries;
  }

  countEntries(indexId: number): number {
    return this.#storage.countEntries(indexId);
  }

  getMetadata(name: string): string | null {
    return this.#storage.getMetadata(name);
  }

  setMetadata(name: string, value: string): void {
    this.#storage.setMetadata(name, value);
  }

  deleteMetadata(name: string): void {
    this.#storage.deleteMetadata(name);
  }

  metadataWithPrefix(prefix: string): { name: string; value: string }[] {
    return this.#storage.metadataWithPrefix(prefix);
  }

  close(): void {
    this.#storage.close();
  }

  /** Brings a slot up to date with documents that were changed and kept their keys; false when one is not known. */
  #refresh(slot: ScanSlot): boolean {
    for (const [at, document] of slot.documents.entries()) {
      const current = this.#documents.get(document.rowId);
      if (current === undefined) return false;
      if (current !== document) replace(slot, at, current);
    }
    return true;
  }

  /** What is known already stays: it is the same. */
  #remember(document: StoredDocument): StoredDocument {
    const known = this.#documents.get(document.rowId);
    if (known !== undefined) return known;
    this.#documents.set(document.rowId, document);
    return document;
  }

  /** For these and a slot. False when they are too much for it. */
  #makeRoom(documents: readonly StoredDocument[]): boolean {
    let bytes = OVERHEAD;
    for (const { json } of documents) bytes += json.length + OVERHEAD;
    if (bytes > MAX_SLOT_BYTES) return false;
    if (this.#bytes + bytes > this.#maxBytes) this.#clear();
    this.#bytes += bytes;
    return true;
  }

  #clear(): void {
    this.#documents.clear();
    this.#indexes.clear();
    this.#bytes = 0;
  }

  #slotsOf(indexId: number): IndexSlots {
    const known = this.#indexes.get(indexId);
    if (known !== undefined) return known;
    const slots = new IndexSlots();
    this.#indexes.set(indexId, slots);
    return slots;
  }
}

/** What was handed out before stays as it was. */
function replace(slot: ScanSlot, at: number, current: StoredDocument): void {
  const documents = [...slot.documents];
  documents[at] = current;
  slot.documents = documents;
  slot.entries = slot.entries.map((entry, index) =>
    index === at ? { key: entry.key, ...current } : entry,
  );
}

function isSmall(entries: readonly StoredEntry[]): boolean {
  return entries.length <= MAX_ROWS;
}
