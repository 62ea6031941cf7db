/**
 * What the database needs from a disk: documents as JSON text, one ordered map of index entries, and small metadata.
 * Everything is synchronous; writes happen inside `begin` … `commit` and are durable when `commit` returns.
 */
import type { AnswerStorage } from "./answer-storage";
import type { SearchStorage } from "./search-storage";

export type StoredDocument = { rowId: number; size: number; json: string };
export type StoredEntry = StoredDocument & { key: Uint8Array };
export type ScanRequest = {
  indexId: number;
  start: Uint8Array;
  /** Exclusive; null is unbounded. */
  end: Uint8Array | null;
  order: "asc" | "desc";
  limit: number;
};

export interface DocumentStorage {
  begin(): void;
  /** Throws `StorageError`; then everything since `begin` is gone. */
  commit(): void;
  rollback(): void;

  /** Returns the row id of the new document. */
  insertDocument(document: { size: number; json: string }): number;
  updateDocument(document: StoredDocument): void;
  deleteDocument(rowId: number): void;

  addEntry(indexId: number, key: Uint8Array, rowId: number): void;
  removeEntry(indexId: number, key: Uint8Array): void;
  dropIndex(indexId: number): void;
  /** Keys of both indexes must be distinct. */
  moveEntries(fromIndexId: number, toIndexId: number): void;
  find(indexId: number, key: Uint8Array): StoredDocument | null;
  findRow(rowId: number): StoredDocument | null;
  /** Costs as much as the rows it returns. */
  scan(request: ScanRequest): readonly StoredEntry[];
  countEntries(indexId: number): number;

  /** Small named texts: settings, tables, schemas. */
  getMetadata(name: string): string | null;
  setMetadata(name: string, value: string): void;
  deleteMetadata(name: string): void;
  metadataWithPrefix(prefix: string): { name: string; value: string }[];

  readonly search: SearchStorage;
  readonly answers: AnswerStorage;

  close(): void;
}
