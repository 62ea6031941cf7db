/** A search index as the catalog describes it, and what a document holds for it. */
import type { JSONValue } from "convex/values";
import { fieldAt, type JsonObject } from "../../values/encoded-value";
import { lengthCode } from "./search-ranking";
import { filterTerm, wordsOf, wordTerm } from "./search-terms";

export type SearchIndexInfo = {
  readonly storageId: number;
  readonly name: string;
  readonly searchField: string;
  /** Without duplicates. */
  readonly filterFields: readonly string[];
  /** Maintained but not to be queried. */
  readonly staged: boolean;
  /** The key of `ReadSet.searches` and `Commit.searches`. */
  readonly key: string;
};

/** The words are looked for when first asked for. */
export class SearchEntry {
  readonly #text: string | null;
  readonly #values: (JSONValue | undefined)[];
  #words: ReadonlyMap<string, number> | null = null;
  #filters: ReadonlySet<string> | null = null;
  #length = 0;

  constructor(index: SearchIndexInfo, document: JsonObject) {
    const text = fieldAt(document, index.searchField.split("."));
    this.#text = typeof text === "string" ? text : null;
    this.#values = index.filterFields.map((field) =>
      fieldAt(document, field.split(".")),
    );
  }

  /** How often each word's term occurs. */
  get words(): ReadonlyMap<string, number> {
    this.#words ??= this.#countWords();
    return this.#words;
  }

  /** The number of words, repeated ones included. */
  get length(): number {
    return this.words.size === 0 ? 0 : this.#length;
  }

  get lengthCode(): number {
    return lengthCode(this.length);
  }

  get filters(): ReadonlySet<string> {
    this.#filters ??= new Set(
      this.#values.map((value, field) => filterTerm(field, value)),
    );
    return this.#filters;
  }

  /** Every term with its frequency. A document without words is in no posting list. */
  *terms(): Generator<[term: string, frequency: number]> {
    if (this.words.size === 0) return;
    yield* this.words;
    for (const filter of this.filters) yield [filter, 1];
  }

  /** Whether the index need not be touched when one takes the other's place. */
  isSame(other: SearchEntry): boolean {
    if (this.#text !== other.#text) return false;
    const [own, others] = [[...this.filters], [...other.filters]];
    return own.every((filter, position) => filter === others[position]);
  }

  #countWords(): ReadonlyMap<string, number> {
    const counts = new Map<string, number>();
    const words = this.#text === null ? [] : wordsOf(this.#text);
    for (const word of words) {
      const term = wordTerm(word);
      counts.set(term, (counts.get(term) ?? 0) + 1);
    }
    this.#length = words.length;
    return counts;
  }
}
