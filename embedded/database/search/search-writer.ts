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

export function writeSearchChange(target: Target, change: SearchChange): void {
  const { before, after } = change;
  if (before !== null && after !== null && before.isSame(after)) return;
  const { storage, index } = target;
  const added = new Map(after?.terms() ?? []);
  for (const [term] of before?.terms() ?? []) {
    if (!added.has(term)) removePosting(place(target, term), change.rowId);
  }
  const lengthCode = after?.lengthCode ?? 0;
  for (const [term, frequency] of added) {
    const posting = { rowId: change.rowId, frequency, lengthCode };
    addPostings(place(target, term), [posting]);
  }
  storage.addStatistics(index.storageId, {
    documents: (after === null ? 0 : 1) - (before === null ? 0 : 1),
    tokens: (after?.length ?? 0) - (before?.length ?? 0),
  });
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
  return postings.sort((left, right) => left.rowId - right.rowId);
}

function place({ storage, index }: Target, term: string) {
  return { storage, indexId: index.storageId, term };
}
