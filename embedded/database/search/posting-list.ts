/** The documents of one term, in blocks that split as they grow. */
import type { PostingBlock, SearchStorage } from "../../storage/search-storage";
import {
  asList,
  decodeBlocks,
  encodeBlock,
  type Posting,
  type Postings,
} from "./posting-codec";

export type PostingPlace = {
  storage: SearchStorage;
  indexId: number;
  term: string;
};

/** Such a block is mostly below the size from which SQLite spills a row to pages of its own. */
const MAX_POSTINGS = 256;

export function readPostings({
  storage,
  indexId,
  term,
}: PostingPlace): Postings {
  return decodeBlocks(storage.blocks(indexId, term));
}

/** `added` is sorted by row id; what was there for the same row is replaced. */
export function addPostings(
  place: PostingPlace,
  added: readonly Posting[],
): void {
  const { storage, indexId, term } = place;
  let position = 0;
  for (let next = added[0]; next !== undefined; next = added[position]) {
    const block = storage.blockFor(indexId, term, next.rowId);
    const count = countForBlock(place, block, added, position);
    const forBlock = added.slice(position, position + count);
    replaceBlock(place, block, forBlock);
    position += count;
  }
}

export function removePosting(place: PostingPlace, rowId: number): void {
  const { storage, indexId, term } = place;
  const block = storage.blockFor(indexId, term, rowId);
  if (block === null) return;
  const kept = asList(decodeBlocks([block])).filter(
    (posting) => posting.rowId !== rowId,
  );
  if (kept.length === 0) storage.deleteBlock(indexId, term, block.first);
  else storage.putBlock(indexId, term, encodeBlock(block.first, kept));
}

/** How many of `added`, from `position` on, lie before the block after `block`. */
function countForBlock(
  { storage, indexId, term }: PostingPlace,
  block: PostingBlock | null,
  added: readonly Posting[],
  position: number,
): number {
  const rest = added.length - position;
  if (block === null || rest === 1) return rest;
  const end = storage.startAfter(indexId, term, block.first);
  if (end === null) return rest;
  let count = 1;
  while (count < rest && (added[position + count]?.rowId ?? end) < end)
    count += 1;
  return count;
}

function replaceBlock(
  { storage, indexId, term }: PostingPlace,
  block: PostingBlock | null,
  added: readonly Posting[],
): void {
  const existing = block === null ? [] : asList(decodeBlocks([block]));
  const merged = merge(existing, added);
  const first = Math.min(block?.first ?? Infinity, merged[0]?.rowId ?? 0);
  if (block !== null && first < block.first)
    storage.deleteBlock(indexId, term, block.first);
  const isAppended =
    (existing.at(-1)?.rowId ?? -1) < (added[0]?.rowId ?? Infinity);
  let start = first;
  for (const part of split(merged, isAppended)) {
    storage.putBlock(indexId, term, encodeBlock(start, part.postings));
    start = part.next;
  }
}

function merge(
  existing: readonly Posting[],
  added: readonly Posting[],
): Posting[] {
  const last = existing.at(-1);
  if (last === undefined || last.rowId < (added[0]?.rowId ?? 0))
    return [...existing, ...added];
  const byRow = new Map(existing.map((posting) => [posting.rowId, posting]));
  for (const posting of added) byRow.set(posting.rowId, posting);
  return [...byRow.values()].sort((left, right) => left.rowId - right.rowId);
}

/** Parts of a list that has outgrown its block; `next` is where the part after starts. Full ones when it grew at its end. */
function split(
  postings: readonly Posting[],
  isAppended: boolean,
): { postings: readonly Posting[]; next: number }[] {
  const count = Math.ceil(postings.length / MAX_POSTINGS);
  const size = isAppended
    ? MAX_POSTINGS
    : Math.ceil(postings.length / Math.max(1, count));
  const parts = [];
  for (let start = 0; start < postings.length; start += size) {
    parts.push({
      postings: postings.slice(start, start + size),
      next: postings[start + size]?.rowId ?? 0,
    });
  }
  return parts;
}
