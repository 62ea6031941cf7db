/** A table and its indexes as the catalog describes them. Immutable: a change makes a new `TableInfo`. */
import type { JSONValue } from "convex/values";
import { fieldAt, type JsonObject } from "../values/encoded-value";
import { encodeFieldsKey, encodeKey } from "../values/index-key";
import type {
  DocumentStorage,
  StoredDocument,
} from "../storage/document-storage";
import { StorageError } from "../storage/storage-error";
import type { SearchIndexInfo } from "./search/search-entry";
import type { DocumentJson } from "./types";

export type IndexInfo = {
  readonly storageId: number;
  readonly name: string;
  /** As declared; built-in indexes have none. */
  readonly fields: string[];
  /** What keys are made of: the declared fields and the implicit last ones. */
  readonly keyFields: string[];
  readonly paths: string[][];
  /** Maintained but not to be queried. */
  readonly staged: boolean;
  /** The key of `ReadSet.ranges` and `Commit.keys`. */
  readonly key: string;
};

export type TableInfo = {
  readonly component: string;
  readonly name: string;
  readonly number: number;
  readonly indexes: ReadonlyMap<string, IndexInfo>;
  readonly searchIndexes: ReadonlyMap<string, SearchIndexInfo>;
};

/** A version of a document; `rowId` is null until it is on disk. */
export type Row = {
  readonly rowId: number | null;
  readonly size: number;
  /** Shared with whoever reads it: never changed. */
  readonly document: DocumentJson;
  /** Its text, where that is at hand. */
  readonly json?: string;
};

export function indexKeyOf(
  component: string,
  table: string,
  index: string,
): string {
  return `${component}:${table}:${index}`;
}

/** What the keys of an index are made of: the declared fields and the implicit last ones. */
export function keyFieldsOf(name: string, declared: string[]): string[] {
  return name === "by_id" ? ["_id"] : [...declared, "_creationTime", "_id"];
}

export function keyIn(index: IndexInfo, document: JsonObject): Buffer {
  return encodeFieldsKey(document, index.paths);
}

/** Whether two versions of a document surely have one key: what a patch leaves alone is not even copied. */
export function sharesKey(
  index: IndexInfo,
  left: JsonObject,
  right: JsonObject,
): boolean {
  for (const path of index.paths)
    if (!Object.is(fieldAt(left, path), fieldAt(right, path))) return false;
  return true;
}

/** Every table has `by_id` and `by_creation_time`. */
export function builtInIndex(
  table: TableInfo,
  name: "by_id" | "by_creation_time",
): IndexInfo {
  const index = table.indexes.get(name);
  if (index === undefined)
    throw new Error(`Table ${table.name} has no index ${name}`);
  return index;
}

export function findStoredRow(
  storage: DocumentStorage,
  table: TableInfo,
  id: string,
): Row | null {
  return findRowAt(storage, builtInIndex(table, "by_id"), encodeKey([id]));
}

export function findRowAt(
  storage: DocumentStorage,
  index: IndexInfo,
  key: Uint8Array,
): Row | null {
  const stored = storage.find(index.storageId, key);
  return stored === null ? null : parseRow(stored);
}

/** What the storage gives more than once is parsed once. */
const parsed = new WeakMap<StoredDocument, Row>();

export function parseRow(stored: StoredDocument): Row {
  const known = parsed.get(stored);
  if (known !== undefined) return known;
  const { rowId, size, json } = stored;
  const row = { rowId, size, json, document: parseDocument(stored) };
  parsed.set(stored, row);
  return row;
}

/** As JSON. */
export function textOfRow({ json, document }: Row): string {
  return json ?? JSON.stringify(document);
}

function parseDocument(stored: { rowId: number; json: string }): DocumentJson {
  try {
    return JSON.parse(stored.json) as DocumentJson;
  } catch (error) {
    const text = `Document ${stored.rowId} of the database is damaged; restore the database from a backup.`;
    throw new StorageError("corrupt", text, error);
  }
}

export function idOf(document: { [field: string]: JSONValue }): string {
  return String(document._id);
}
