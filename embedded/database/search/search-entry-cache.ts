/** A transaction that searches often looks through what it has written once. */
import type { PendingWrites } from "../pending-writes";
import type { DocumentJson } from "../types";
import { SearchEntry, type SearchIndexInfo } from "./search-entry";

const CACHES = new WeakMap<PendingWrites, SearchEntryCache>();

/** Lives as long as the transaction: its documents may be kept much longer. */
export function entriesOf(writes: PendingWrites): SearchEntryCache {
  const cache = CACHES.get(writes) ?? new SearchEntryCache();
  CACHES.set(writes, cache);
  return cache;
}

export class SearchEntryCache {
  readonly #byIndex = new Map<string, WeakMap<DocumentJson, SearchEntry>>();

  of(index: SearchIndexInfo, document: DocumentJson): SearchEntry {
    const entries = this.#byIndex.get(index.key) ?? new WeakMap();
    this.#byIndex.set(index.key, entries);
    const entry = entries.get(document) ?? new SearchEntry(index, document);
    entries.set(document, entry);
    return entry;
  }
}
