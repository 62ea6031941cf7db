/** Brings the search indexes of a table in line with its schema, inside an open storage transaction. */
import type { DocumentStorage } from "../../storage/document-storage";
import type { Catalog } from "../catalog";
import type { TableInfo } from "../table-info";
import { rowsOf } from "../table-rows";
import type { SearchIndexInfo } from "./search-entry";
import { SearchBackfill } from "./search-writer";

type Target = { storage: DocumentStorage; catalog: Catalog };
type Declared = Omit<SearchIndexInfo, "storageId" | "key">;

/** An index of the same name with other fields is another index. */
export function changeSearchIndexes(
  target: Target,
  table: TableInfo,
  declared: readonly Declared[],
): void {
  const before = table.searchIndexes;
  const added: SearchIndexInfo[] = [];
  const after = new Map<string, SearchIndexInfo>();
  for (const wanted of declared) {
    const existing = before.get(wanted.name);
    const isKept =
      existing !== undefined && fieldsOf(existing) === fieldsOf(wanted);
    const index = isKept
      ? { ...existing, staged: wanted.staged }
      : target.catalog.newSearchIndex(table, wanted);
    if (!isKept) added.push(index);
    after.set(index.name, index);
  }
  if (isUnchanged(before, after)) return;
  for (const { name, storageId } of before.values()) {
    if (after.get(name)?.storageId !== storageId)
      target.storage.search.dropIndex(storageId);
  }
  backfill(target.storage, table, added);
  target.catalog.saveTable({ ...table, searchIndexes: after });
}

function isUnchanged(
  before: TableInfo["searchIndexes"],
  after: TableInfo["searchIndexes"],
): boolean {
  const isSame = (index: SearchIndexInfo) => {
    const old = before.get(index.name);
    return old?.storageId === index.storageId && old.staged === index.staged;
  };
  return before.size === after.size && [...after.values()].every(isSame);
}

/** In the order of creation, which is nearly that of the rows: posting lists then mostly grow at their ends. */
function backfill(
  storage: DocumentStorage,
  table: TableInfo,
  added: readonly SearchIndexInfo[],
): void {
  if (added.length === 0) return;
  const backfills = added.map(
    (index) => new SearchBackfill(storage.search, index),
  );
  for (const { rowId, document } of rowsOf(storage, table, "by_creation_time"))
    if (rowId !== null)
      for (const backfill of backfills) backfill.add(rowId, document);
  for (const backfill of backfills) backfill.finish();
}

function fieldsOf({ searchField, filterFields }: Declared): string {
  return JSON.stringify([searchField, filterFields]);
}
