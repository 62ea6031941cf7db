/** Keeps the posting lists of a search index, inside an open storage transaction. */
import type { SearchStorage } from "../../storage/search-storage";
import type { DocumentJson } from "../types";
import type { Posting } from "./posting-codec";
import { addPostings, removePosting } from "./posting-list";
import { SearchEntry, type SearchIndexInfo } from "./search-entry";

/** Postings gathered in memory before they are written. */
const BACKFILL_POSTINGS = 1_000_000;

type Target = { storage: SearchStorage; index: SearchIndexInfo };
/** A document before and after; null where it does not exist. */
export type SearchChange = {
  rowId: number;
  before: SearchEntry | null;
  after: SearchEntry | null;
};

/** Each document once: a term that many of them hold is written once. */
export function writeSearchChanges(
  target: Target,
  changes: readonly SearchChange[],
): void {
  const added = new Map<string, Posting[]>();
  const total = { documents: 0, tokens: 0 };
  for (const change of changes) {
    const { rowId, before, after } = change;
    total.documents += (after === null ? 0 : 1) - (before === null ? 0 : 1);
    if (before !== null && after !== null && before.isSame(after)) continue;
    total.tokens += (after?.length ?? 0) - (before?.length ?? 0);
    removeTerms(target, change);
    for (const [term, frequency] of after?.terms() ?? []) {
      const posting = { rowId, frequency, lengthCode: after?.lengthCode ?? 0 };
      const postings = added.get(term);
      if (postings === undefined) added.set(term, [posting]);
      else postings.push(posting);
    }
  }
  for (const [term, postings] of added)
    addPostings(place(target, term), postings.sort(byRow));
  if (total.documents !== 0 || total.tokens !== 0)
    target.storage.addStatistics(target.index.storageId, total);
}

/** Those that stay are replaced when the document's are added. */
function removeTerms(target: Target, change: SearchChange): void {
  if (change.before === null) return;
  const kept = new Map(change.after?.terms() ?? []);
  for (const [term] of change.before.terms()) {
    if (!kept.has(term)) removePosting(place(target, term), change.rowId);
  }
}

/** Fills a new index with the documents that exist. Call `finish` at the end. */
export class SearchBackfill {
  readonly #target: Target;
  /** Row id, frequency and length code in turn: millions of small objects would cost more than the writing. */
  readonly #postings = new Map<string, number[]>();
  #pending = 0;
  #documents = 0;
  #tokens = 0;

  constructor(storage: SearchStorage, index: SearchIndexInfo) {
    this.#target = { storage, index };
  }

  add(rowId: number, document: DocumentJson): void {
    const entry = new SearchEntry(this.#target.index, document);
    const { length, lengthCode } = entry;
    for (const [term, frequency] of entry.terms()) {
      const postings = this.#postings.get(term);
      if (postings !== undefined) postings.push(rowId, frequency, lengthCode);
      else this.#postings.set(term, [rowId, frequency, lengthCode]);
      this.#pending += 1;
    }
    this.#documents += 1;
    this.#tokens += length;
    if (this.#pending >= BACKFILL_POSTINGS) this.#flush();
  }

  finish(): void {
    this.#flush();
    const { storage, index } = this.#target;
    storage.addStatistics(index.storageId, {
      documents: this.#documents,
      tokens: this.#tokens,
    });
  }

  #flush(): void {
    for (const [term, numbers] of this.#postings)
      addPostings(place(this.#target, term), sortedPostings(numbers));
    this.#postings.clear();
    this.#pending = 0;
  }
}

function sortedPostings(numbers: readonly number[]): Posting[] {
  const postings: Posting[] = [];
  for (let at = 0; at < numbers.length; at += 3) {
    const [rowId = 0, frequency = 0, lengthCode = 0] = numbers.slice(
      at,
      at + 3,
    );
    postings.push({ rowId, frequency, lengthCode });
  }
  return postings.sort(byRow);
}

function byRow(left: Posting, right: Posting): number {
  return left.rowId - right.rowId;
}

function place({ storage, index }: Target, term: string) {
  return { storage, indexId: index.storageId, term };
}
