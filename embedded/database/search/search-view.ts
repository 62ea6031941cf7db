/** A search index as a transaction sees it: what is on disk, with what the transaction has written in its place. */
import type { DocumentStorage } from "../../storage/document-storage";
import type {
  SearchStatistics,
  SearchStorage,
} from "../../storage/search-storage";
import type { PendingDocument } from "../pending-writes";
import { findStoredRow, idOf, type Row } from "../table-info";
import {
  asList,
  asPostings,
  type Posting,
  type Postings,
} from "./posting-codec";
import { readPostings } from "./posting-list";
import type { SearchEntry, SearchIndexInfo } from "./search-entry";
import type { SearchEntryCache } from "./search-entry-cache";
import { compareTerms, endOfPrefix, termAfter } from "./search-terms";

/** Documents without a row of their own yet are numbered from here: newer than any on disk. */
const FIRST_UNSAVED_ROW = 2 ** 50;

type Overlaid = {
  old: SearchEntry | null;
  next: SearchEntry | null;
  after: Row | null;
  /** The row on disk. */
  stored: number | null;
};

export class SearchView {
  readonly statistics: SearchStatistics;
  readonly #storage: SearchStorage;
  readonly #indexId: number;
  /** Rows whose postings on disk no longer hold. */
  readonly #hidden = new Set<number>();
  readonly #added = new Map<string, Posting[]>();
  readonly #unsaved = new Map<number, Row>();

  constructor(
    storage: DocumentStorage,
    index: SearchIndexInfo,
    pending: {
      changes: readonly PendingDocument[];
      entries: SearchEntryCache;
    },
  ) {
    this.#storage = storage.search;
    this.#indexId = index.storageId;
    this.statistics = { ...storage.search.statistics(index.storageId) };
    for (const change of pending.changes) {
      const { before, after } = change;
      this.#overlay({
        old: before && pending.entries.of(index, before.document),
        next: after && pending.entries.of(index, after.document),
        after,
        stored: storedRowId(storage, change),
      });
    }
  }

  /** The row of a document that is not on disk. */
  unsavedRow(rowId: number): Row | null {
    return this.#unsaved.get(rowId) ?? null;
  }

  postings(term: string): Postings {
    const place = { storage: this.#storage, indexId: this.#indexId, term };
    const stored = readPostings(place);
    const added = this.#added.get(term) ?? [];
    if (this.#hidden.size === 0 && added.length === 0) return stored;
    const kept = asList(stored).filter(({ rowId }) => !this.#hidden.has(rowId));
    return asPostings([...kept, ...added].sort(byRow));
  }

  /** In the order of their bytes; some may have no postings left. */
  *termsWithPrefix(prefix: string): Generator<string> {
    const end = endOfPrefix(prefix);
    const added = [...this.#added.keys()]
      .filter((term) => term.startsWith(prefix))
      .sort(compareTerms);
    let from = prefix;
    for (;;) {
      const stored = this.#storage.findTerm(this.#indexId, from, end);
      const term = smaller(stored, firstFrom(added, from));
      if (term === null) return;
      yield term;
      from = termAfter(term);
    }
  }

  #overlay({ old, next, after, stored }: Overlaid): void {
    this.statistics.documents += (next ? 1 : 0) - (old ? 1 : 0);
    this.statistics.tokens += (next?.length ?? 0) - (old?.length ?? 0);
    if (old !== null && next !== null && old.isSame(next)) return;
    if (stored !== null) this.#hidden.add(stored);
    if (after === null || next === null) return;
    const rowId = stored ?? FIRST_UNSAVED_ROW + this.#unsaved.size;
    if (stored === null) this.#unsaved.set(rowId, after);
    for (const [term, frequency] of next.terms()) {
      const posting = { rowId, frequency, lengthCode: next.lengthCode };
      const postings = this.#added.get(term) ?? [];
      this.#added.set(term, postings);
      postings.push(posting);
    }
  }
}

/** A transaction on an earlier state has read rows before they were on disk. */
function storedRowId(
  storage: DocumentStorage,
  { table, before }: PendingDocument,
): number | null {
  if (before === null || before.rowId !== null) return before?.rowId ?? null;
  return findStoredRow(storage, table, idOf(before.document))?.rowId ?? null;
}

function firstFrom(sorted: readonly string[], from: string): string | null {
  return sorted.find((term) => compareTerms(term, from) >= 0) ?? null;
}

function smaller(left: string | null, right: string | null): string | null {
  if (left === null || right === null) return left ?? right;
  return compareTerms(left, right) <= 0 ? left : right;
}

function byRow(left: Posting, right: Posting): number {
  return left.rowId - right.rowId;
}
