/** What a changed document changes in the indexes of its table. */
import type { DocumentStorage } from "../storage/document-storage";
import {
  type IndexInfo,
  keyIn,
  type Row,
  sharesKey,
  type TableInfo,
} from "./table-info";

/** By index, the keys that a commit removes, adds, or keeps for a document that has changed. */
export type NotedKeys = Map<string, Uint8Array[]>;
type Rows = { rowId: number; before: Row | null; after: Row | null };

/** Entries whose key stays are left alone. */
export function writeEntries(
  storage: DocumentStorage,
  table: TableInfo,
  { rows, noted }: { rows: Rows; noted: NotedKeys },
): void {
  const { rowId, before } = rows;
  for (const index of table.indexes.values()) {
    const keys = keysOf(noted, index.key);
    const oldKey = before === null ? null : keyIn(index, before.document);
    if (oldKey !== null) keys.push(oldKey);
    const newKey = newKeyIn(index, rows, oldKey);
    if (newKey === oldKey) continue;
    if (newKey !== null) keys.push(newKey);
    if (oldKey !== null) storage.removeEntry(index.storageId, oldKey);
    if (newKey !== null) storage.addEntry(index.storageId, newKey, rowId);
  }
}

/** `oldKey` itself when it stays. */
function newKeyIn(
  index: IndexInfo,
  { before, after }: Rows,
  oldKey: Buffer | null,
): Buffer | null {
  if (after === null) return null;
  if (before !== null && sharesKey(index, before.document, after.document))
    return oldKey;
  const newKey = keyIn(index, after.document);
  return oldKey?.equals(newKey) === true ? oldKey : newKey;
}

function keysOf(noted: NotedKeys, index: string): Uint8Array[] {
  const known = noted.get(index);
  if (known !== undefined) return known;
  const keys: Uint8Array[] = [];
  noted.set(index, keys);
  return keys;
}
