/** A search index as a transaction sees it: what is on disk, with what the transaction has written in its place. */
import type { DocumentStorage } from "../../storage/document-storage";
import type {
  SearchStatistics,
  SearchStorage,
} from "../../storage/search-storage";
import type { PendingDocument } from "../pending-writes";
import { findStoredRow, idOf, type Row } from "../table-info";
import { readPostings, type Posting, type Postings } from "./posting-list";
import {
  entryOf,
  type SearchEntry,
  type SearchIndexInfo,
} from "./search-entry";
import { compareTerms, endOfPrefix, termAfter } from "./search-terms";

/** Documents without a row of their own yet are numbered from here: newer than any on disk. */
const FIRST_UNSAVED_ROW = 2 ** 50;

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
    changes: readonly PendingDocument[],
  ) {
    this.#storage = storage.search;
    this.#indexId = index.storageId;
    this.statistics = { ...storage.search.statistics(index.storageId) };
    for (const change of changes)
      this.#overlay(index, change, storedRowId(storage, change));
    for (const postings of this.#added.values())
      postings.sort((left, right) => left.rowId - right.rowId);
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
    const kept = added.slice();
    stored.rowIds.forEach((rowId, position) => {
      if (this.#hidden.has(rowId)) return;
      const frequency = stored.frequencies[position] ?? 0;
      const lengthCode = stored.lengthCodes[position] ?? 0;
      kept.push({ rowId, frequency, lengthCode });
    });
    return asPostings(kept);
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

  #overlay(
    index: SearchIndexInfo,
    change: PendingDocument,
    stored: number | null,
  ): void {
    const { before, after } = change;
    const [old, next] = [entryIn(index, before), entryIn(index, after)];
    this.statistics.documents += (after ? 1 : 0) - (before ? 1 : 0);
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

function entryIn(index: SearchIndexInfo, row: Row | null): SearchEntry | null {
  return row === null ? null : entryOf(index, row.document);
}

function firstFrom(sorted: readonly string[], from: string): string | null {
  return sorted.find((term) => compareTerms(term, from) >= 0) ?? null;
}

function smaller(left: string | null, right: string | null): string | null {
  if (left === null || right === null) return left ?? right;
  return compareTerms(left, right) <= 0 ? left : right;
}

function asPostings(list: Posting[]): Postings {
  list.sort((left, right) => left.rowId - right.rowId);
  return {
    rowIds: Float64Array.from(list, ({ rowId }) => rowId),
    frequencies: Uint16Array.from(list, ({ frequency }) => frequency),
    lengthCodes: Uint8Array.from(list, ({ lengthCode }) => lengthCode),
  };
}
