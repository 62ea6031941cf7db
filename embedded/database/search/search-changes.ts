/** What one commit does to search indexes: gathered document by document, written term by term. */
import type { SearchStorage } from "../../storage/search-storage";
import type { Row, TableInfo } from "../table-info";
import { SearchEntry, type SearchIndexInfo } from "./search-entry";
import { writeSearchChanges, type SearchChange } from "./search-writer";

export class SearchChanges {
  readonly #byIndex = new Map<SearchIndexInfo, SearchChange[]>();

  /** A document before and after; null where it does not exist. */
  add(
    table: TableInfo,
    rows: { rowId: number; before: Row | null; after: Row | null },
  ): void {
    for (const index of table.searchIndexes.values()) {
      const entry = (row: Row | null) =>
        row === null ? null : new SearchEntry(index, row.document);
      const [before, after] = [entry(rows.before), entry(rows.after)];
      const changes = this.#byIndex.get(index) ?? [];
      this.#byIndex.set(index, changes);
      changes.push({ rowId: rows.rowId, before, after });
    }
  }

  /** Inside an open storage transaction. */
  write(storage: SearchStorage): void {
    for (const [index, changes] of this.#byIndex)
      writeSearchChanges({ storage, index }, changes);
  }

  /** By the indexes' keys, for `Commit.searches`; null without any. */
  entries(): ReadonlyMap<string, readonly SearchEntry[]> | null {
    if (this.#byIndex.size === 0) return null;
    const entries = new Map<string, SearchEntry[]>();
    for (const [index, changes] of this.#byIndex) {
      const both = changes.flatMap(({ before, after }) => [before, after]);
      entries.set(
        index.key,
        both.filter((entry) => entry !== null),
      );
    }
    return entries;
  }
}
