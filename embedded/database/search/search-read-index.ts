/**
 * Searches by what they look for: a commit costs by the words it writes, not by how many searches wait. Words and prefixes
 * are kept under the key of their index.
 */
import type { SearchEntry } from "./search-entry";
import { holdsFilters, type SearchRead } from "./search-reads";

type Waiting<Id> = { id: Id; read: SearchRead };

export class SearchReadIndex<Id> {
  readonly #places = new Map<Id, Place<Id>[]>();
  readonly #words = new Map<string, Set<Waiting<Id>>>();
  readonly #prefixes = new Map<string, Set<Waiting<Id>>>();
  /** How many searches wait for changes of an index. */
  readonly #counts = new Map<string, number>();

  add(id: Id, searches: ReadonlyMap<string, readonly SearchRead[]>): void {
    const places: Place<Id>[] = [];
    for (const [indexKey, reads] of searches) {
      for (const read of reads)
        places.push({ indexKey, waiting: { id, read } });
    }
    this.#places.set(id, places);
    for (const place of places) this.#change(place, 1);
  }

  remove(id: Id): void {
    for (const place of this.#places.get(id) ?? []) this.#change(place, -1);
    this.#places.delete(id);
  }

  collect(
    searches: ReadonlyMap<string, readonly SearchEntry[]>,
    found: Set<Id>,
  ): void {
    for (const [indexKey, entries] of searches) {
      if (!this.#counts.has(indexKey)) continue;
      for (const entry of entries) this.#collectEntry(indexKey, entry, found);
    }
  }

  #collectEntry(indexKey: string, entry: SearchEntry, found: Set<Id>): void {
    for (const word of entry.words.keys()) {
      collectFrom(this.#words.get(`${indexKey} ${word}`), entry, found);
      for (let end = 1; end <= word.length; end += 1) {
        const prefix = `${indexKey} ${word.slice(0, end)}`;
        collectFrom(this.#prefixes.get(prefix), entry, found);
      }
    }
  }

  #change({ indexKey, waiting }: Place<Id>, by: 1 | -1): void {
    const count = (this.#counts.get(indexKey) ?? 0) + by;
    if (count === 0) this.#counts.delete(indexKey);
    else this.#counts.set(indexKey, count);
    const { words, prefix } = waiting.read;
    const change = by === 1 ? addTo : removeFrom;
    for (const word of words)
      change(this.#words, `${indexKey} ${word}`, waiting);
    if (prefix !== null)
      change(this.#prefixes, `${indexKey} ${prefix}`, waiting);
  }
}

type Place<Id> = { indexKey: string; waiting: Waiting<Id> };

function collectFrom<Id>(
  waiting: ReadonlySet<Waiting<Id>> | undefined,
  entry: SearchEntry,
  found: Set<Id>,
): void {
  for (const { id, read } of waiting ?? [])
    if (holdsFilters(read, entry)) found.add(id);
}

function addTo<T>(sets: Map<string, Set<T>>, key: string, item: T): void {
  const existing = sets.get(key);
  if (existing === undefined) sets.set(key, new Set([item]));
  else existing.add(item);
}

function removeFrom<T>(sets: Map<string, Set<T>>, key: string, item: T): void {
  const existing = sets.get(key);
  existing?.delete(item);
  if (existing?.size === 0) sets.delete(key);
}
