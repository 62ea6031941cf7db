/**
 * Which of many read sets a commit touches. Per index key a treap of distinct ranges, ordered by start and augmented
 * with the largest end below each node, so that finding the ranges that hold a key costs O(log n + found).
 */
import { compareKeys } from "../values/index-key";
import { SearchReadIndex } from "./search/search-read-index";
import type { Commit, KeyRange, ReadSet } from "./types";

type Node<Id> = {
  readonly range: KeyRange;
  readonly ids: Set<Id>;
  readonly priority: number;
  maxEnd: Uint8Array | null;
  left: Node<Id> | null;
  right: Node<Id> | null;
};

export class ReadSetIndex<Id> {
  readonly #sets = new Map<Id, ReadSet>();
  readonly #ranges = new Map<string, Node<Id> | null>();
  readonly #tags = new Map<string, Set<Id>>();
  readonly #searches = new SearchReadIndex<Id>();

  /** Replaces what was added for `id` before. */
  add(id: Id, reads: ReadSet): void {
    this.remove(id);
    this.#sets.set(id, reads);
    for (const [indexKey, ranges] of reads.ranges) {
      for (const range of ranges)
        this.#ranges.set(
          indexKey,
          insert(this.#ranges.get(indexKey) ?? null, range, id),
        );
    }
    if (reads.searches !== undefined) this.#searches.add(id, reads.searches);
    for (const tag of reads.tags) {
      const ids = this.#tags.get(tag) ?? new Set<Id>();
      this.#tags.set(tag, ids.add(id));
    }
  }

  remove(id: Id): void {
    const reads = this.#sets.get(id);
    if (reads === undefined) return;
    this.#sets.delete(id);
    for (const [indexKey, ranges] of reads.ranges) {
      for (const range of ranges) this.#removeRange(indexKey, range, id);
    }
    if (reads.searches !== undefined) this.#searches.remove(id);
    for (const tag of reads.tags) this.#tags.get(tag)?.delete(id);
  }

  touched(commit: Commit): Set<Id> {
    const found = new Set<Id>();
    for (const tag of commit.tags)
      for (const id of this.#tags.get(tag) ?? []) found.add(id);
    for (const [indexKey, keys] of commit.keys) {
      const root = this.#ranges.get(indexKey) ?? null;
      for (const key of keys) collect(root, key, found);
    }
    if (commit.searches !== undefined)
      this.#searches.collect(commit.searches, found);
    return found;
  }

  #removeRange(indexKey: string, range: KeyRange, id: Id): void {
    const root = removeFrom(this.#ranges.get(indexKey) ?? null, range, id);
    if (root === null) this.#ranges.delete(indexKey);
    else this.#ranges.set(indexKey, root);
  }
}

function collect<Id>(
  node: Node<Id> | null,
  key: Uint8Array,
  found: Set<Id>,
): void {
  if (node === null || !isBefore(key, node.maxEnd)) return;
  collect(node.left, key, found);
  if (compareKeys(node.range.start, key) > 0) return;
  if (isBefore(key, node.range.end)) for (const id of node.ids) found.add(id);
  collect(node.right, key, found);
}

function insert<Id>(node: Node<Id> | null, range: KeyRange, id: Id): Node<Id> {
  if (node === null) {
    return {
      range,
      ids: new Set([id]),
      priority: Math.random(),
      maxEnd: range.end,
      left: null,
      right: null,
    };
  }
  const order = compareRanges(range, node.range);
  if (order === 0) node.ids.add(id);
  else if (order < 0) node.left = insert(node.left, range, id);
  else node.right = insert(node.right, range, id);
  return balance(node);
}

function removeFrom<Id>(
  node: Node<Id> | null,
  range: KeyRange,
  id: Id,
): Node<Id> | null {
  if (node === null) return null;
  const order = compareRanges(range, node.range);
  if (order < 0) node.left = removeFrom(node.left, range, id);
  else if (order > 0) node.right = removeFrom(node.right, range, id);
  else {
    node.ids.delete(id);
    if (node.ids.size === 0) return merge(node.left, node.right);
  }
  return updated(node);
}

/** Every range of `left` starts before those of `right`. */
function merge<Id>(
  left: Node<Id> | null,
  right: Node<Id> | null,
): Node<Id> | null {
  if (left === null || right === null) return left ?? right;
  if (left.priority > right.priority) {
    left.right = merge(left.right, right);
    return updated(left);
  }
  right.left = merge(left, right.left);
  return updated(right);
}

/** Rotates a child of higher priority up. */
function balance<Id>(node: Node<Id>): Node<Id> {
  const { left, right } = node;
  if (left !== null && left.priority > node.priority) {
    node.left = left.right;
    left.right = updated(node);
    return updated(left);
  }
  if (right !== null && right.priority > node.priority) {
    node.right = right.left;
    right.left = updated(node);
    return updated(right);
  }
  return updated(node);
}

function updated<Id>(node: Node<Id>): Node<Id> {
  let end = node.range.end;
  for (const child of [node.left, node.right]) {
    if (child !== null && compareEnds(child.maxEnd, end) > 0)
      end = child.maxEnd;
  }
  node.maxEnd = end;
  return node;
}

function compareRanges(left: KeyRange, right: KeyRange): number {
  return (
    compareKeys(left.start, right.start) || compareEnds(left.end, right.end)
  );
}

function compareEnds(
  left: Uint8Array | null,
  right: Uint8Array | null,
): number {
  if (left === null || right === null)
    return (left === null ? 1 : 0) - (right === null ? 1 : 0);
  return compareKeys(left, right);
}

function isBefore(key: Uint8Array, end: Uint8Array | null): boolean {
  return end === null || compareKeys(key, end) < 0;
}
