/**
 * Rows of a search in order of relevance, loaded as they are asked for. The key of a row is what it is ordered by, so
 * that a page of a search is a range of keys like any other.
 */
import { compareKeys, encodeKey, prefixEnd } from "../../values/index-key";
import type { DocumentStorage } from "../../storage/document-storage";
import { BackendError } from "../backend-error";
import type { ScannedRow } from "../index-scan";
import type { PendingWrites } from "../pending-writes";
import { idOf, parseRow, type Row, type TableInfo } from "../table-info";
import type { KeyRange } from "../types";
import {
  findCandidates,
  MAX_CANDIDATES,
  type Candidate,
} from "./search-candidates";
import { entriesOf } from "./search-entry-cache";
import type { SearchPlan } from "./search-plan";
import { encodeMeasure, measureIn, positionKey } from "./search-position";
import { SearchView } from "./search-view";

export type SearchRequest = {
  storage: DocumentStorage;
  writes: PendingWrites;
  table: TableInfo;
  plan: SearchPlan;
  range: KeyRange;
};

export class SearchScan {
  readonly #request: SearchRequest;
  #rows: Generator<ScannedRow> | null = null;
  #count = 0;

  constructor(request: SearchRequest) {
    this.#request = request;
  }

  /** Documents that were deleted since the first call are left out; those that were written show what they are now. */
  next(): ScannedRow | null {
    if (this.#count === MAX_CANDIDATES) throw tooManyDocuments();
    this.#rows ??= rowsOf(this.#request);
    const next = this.#rows.next();
    if (next.done === true) return null;
    this.#count += 1;
    return next.value;
  }
}

function* rowsOf(request: SearchRequest): Generator<ScannedRow> {
  const { storage, writes, table, plan, range } = request;
  const changes = writes.changesIn(table);
  const entries = entriesOf(writes);
  const view = new SearchView(storage, plan.index, { changes, entries });
  const found = findCandidates(view, plan, measureIn(range));
  const measure = encodeMeasure(found.measure);
  for (const group of groupsOfEqualScore(found.candidates)) {
    const score = group[0]?.score ?? 0;
    const end = prefixEnd(encodeKey([-score]));
    if (end !== null && compareKeys(end, range.start) <= 0) continue;
    const rows = group.flatMap(({ rowId }) => {
      const row = currentRow(request, view, rowId);
      return row === null
        ? []
        : [{ key: positionKey(score, row, measure), row }];
    });
    rows.sort((left, right) => compareKeys(left.key, right.key));
    for (const scanned of rows) {
      if (compareKeys(scanned.key, range.start) < 0) continue;
      if (range.end !== null && compareKeys(scanned.key, range.end) >= 0)
        return;
      yield scanned;
    }
  }
}

function* groupsOfEqualScore(
  candidates: readonly Candidate[],
): Generator<Candidate[]> {
  let group: Candidate[] = [];
  for (const candidate of candidates) {
    if (group[0] !== undefined && group[0].score !== candidate.score) {
      yield group;
      group = [];
    }
    group.push(candidate);
  }
  if (group.length > 0) yield group;
}

function currentRow(
  { storage, writes, table }: SearchRequest,
  view: SearchView,
  rowId: number,
): Row | null {
  const stored = view.unsavedRow(rowId) ?? storedRow(storage, rowId);
  if (stored === null) return null;
  const pending = writes.find(table, idOf(stored.document));
  return pending === undefined ? stored : pending;
}

function storedRow(storage: DocumentStorage, rowId: number): Row | null {
  const stored = storage.findRow(rowId);
  return stored === null ? null : parseRow(stored);
}

function tooManyDocuments(): BackendError {
  const text = `Search query scanned too many documents (fetched ${MAX_CANDIDATES}). Consider using a smaller limit, paginating the query, or using a filter field to limit the number of documents pulled from the search index.`;
  return new BackendError("SearchQueryScannedTooManyDocumentsError", text);
}
