/** What a transaction has read, and whether a commit changed any of it. */
import { compareKeys, keyAfter } from "../values/index-key";
import { concerns, type SearchRead } from "./search/search-reads";
import type { Commit, KeyRange, ReadSet } from "./types";

/** A range that grows as a scan advances: only what was really looked at counts. */
export class ScannedRange implements KeyRange {
  start: Uint8Array;
  end: Uint8Array | null;
  readonly #whole: KeyRange;
  readonly #order: "asc" | "desc";

  constructor(whole: KeyRange, order: "asc" | "desc") {
    this.#whole = whole;
    this.#order = order;
    this.start = order === "asc" ? whole.start : (whole.end ?? whole.start);
    this.end = order === "asc" ? whole.start : whole.end;
    if (order === "desc" && whole.end === null) this.#markUnbounded();
  }

  reached(key: Uint8Array): void {
    if (this.#order === "asc") this.end = keyAfter(key);
    else this.start = key;
  }

  finished(): void {
    this.start = this.#whole.start;
    this.end = this.#whole.end;
  }

  /** There is no largest key to start an empty range at, so the whole range counts until a row is seen. */
  #markUnbounded(): void {
    this.start = this.#whole.start;
  }
}

export class ReadRecorder {
  readonly #ranges = new Map<string, KeyRange[]>();
  readonly #searches = new Map<string, SearchRead[]>();
  readonly #tags = new Set<string>();

  add(indexKey: string, range: KeyRange): void {
    const ranges = this.#ranges.get(indexKey);
    if (ranges === undefined) this.#ranges.set(indexKey, [range]);
    else ranges.push(range);
  }

  addPoint(indexKey: string, key: Uint8Array): void {
    this.add(indexKey, { start: key, end: keyAfter(key) });
  }

  addSearch(indexKey: string, read: SearchRead): void {
    const reads = this.#searches.get(indexKey);
    if (reads === undefined) this.#searches.set(indexKey, [read]);
    else reads.push(read);
  }

  tag(tag: string): void {
    this.#tags.add(tag);
  }

  /** Ranges sorted and disjoint, as `intersects` needs them. */
  finish(): ReadSet {
    const ranges = new Map<string, KeyRange[]>();
    for (const [indexKey, list] of this.#ranges) {
      const merged = mergeRanges(list);
      if (merged.length > 0) ranges.set(indexKey, merged);
    }
    const tags = new Set(this.#tags);
    if (this.#searches.size === 0) return { ranges, tags };
    const searches = new Map<string, SearchRead[]>();
    for (const [indexKey, reads] of this.#searches)
      searches.set(indexKey, [...reads]);
    return { ranges, tags, searches };
  }
}

/** Whether `commit` changed anything in `reads` (which must come from a transaction). */
export function intersects(reads: ReadSet, commit: Commit): boolean {
  for (const tag of commit.tags) if (reads.tags.has(tag)) return true;
  for (const [indexKey, keys] of commit.keys) {
    const ranges = reads.ranges.get(indexKey);
    if (ranges !== undefined && keys.some((key) => containsKey(ranges, key)))
      return true;
  }
  return searchesIntersect(reads, commit);
}

function searchesIntersect(reads: ReadSet, commit: Commit): boolean {
  for (const [indexKey, entries] of commit.searches ?? []) {
    const searches = reads.searches?.get(indexKey) ?? [];
    if (searches.some((read) => entries.some((e) => concerns(read, e))))
      return true;
  }
  return false;
}

export function mergeRanges(list: readonly KeyRange[]): KeyRange[] {
  const sorted = list
    .filter((range) => !isEmpty(range))
    .sort((a, b) => compareKeys(a.start, b.start));
  const merged: KeyRange[] = [];
  for (const { start, end } of sorted) {
    const last = merged.at(-1);
    if (
      last === undefined ||
      (last.end !== null && compareKeys(last.end, start) < 0)
    )
      merged.push({ start, end });
    else if (
      last.end !== null &&
      (end === null || compareKeys(end, last.end) > 0)
    )
      last.end = end;
  }
  return merged;
}

function isEmpty(range: KeyRange): boolean {
  return range.end !== null && compareKeys(range.start, range.end) >= 0;
}

function containsKey(ranges: readonly KeyRange[], key: Uint8Array): boolean {
  let low = 0;
  let high = ranges.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const range = ranges[middle];
    if (range !== undefined && compareKeys(range.start, key) <= 0)
      low = middle + 1;
    else high = middle;
  }
  const range = ranges[low - 1];
  return (
    range !== undefined &&
    (range.end === null || compareKeys(key, range.end) < 0)
  );
}
