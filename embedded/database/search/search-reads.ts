/** What a search depends on. */
import type { SearchEntry } from "./search-entry";

/**
 * A document can enter, leave or change the result only if, before or after the commit, it holds one of the words (or one
 * that starts with `prefix`) and all of the filters. What other documents do to the ranking does not count.
 */
export type SearchRead = {
  readonly words: readonly string[];
  readonly prefix: string | null;
  readonly filters: readonly string[];
};

export function concerns(read: SearchRead, entry: SearchEntry): boolean {
  const { words } = entry;
  if (!holdsFilters(read, entry)) return false;
  if (read.words.some((word) => words.has(word))) return true;
  const { prefix } = read;
  if (prefix === null) return false;
  return [...words.keys()].some((word) => word.startsWith(prefix));
}

export function holdsFilters(read: SearchRead, entry: SearchEntry): boolean {
  return read.filters.every((filter) => entry.filters.has(filter));
}
