/** Which documents hold a term, how often, and how long they are: sorted by row id, as arrays side by side. */
import type { PostingBlock, SearchStorage } from "../../storage/search-storage";

export type Postings = {
  readonly rowIds: Float64Array;
  readonly frequencies: Uint16Array;
  readonly lengthCodes: Uint8Array;
};
export type Posting = { rowId: number; frequency: number; lengthCode: number };
export type PostingPlace = {
  storage: SearchStorage;
  indexId: number;
  term: string;
};

/** A block stays below the size from which SQLite spills a row to pages of its own. */
const MAX_POSTINGS = 128;
/** Row id relative to the block, frequency, length code. */
const ENTRY_BYTES = 7;
const MAX_FREQUENCY = 0xffff;
const MAX_OFFSET = 0xffff_ffff;

export function readPostings({
  storage,
  indexId,
  term,
}: PostingPlace): Postings {
  return decode(storage.blocks(indexId, term));
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
  const kept = postingsIn(block).filter((posting) => posting.rowId !== rowId);
  if (kept.length === 0) storage.deleteBlock(indexId, term, block.first);
  else storage.putBlock(indexId, term, encode(block.first, kept));
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
  const existing = block === null ? [] : postingsIn(block);
  const merged = merge(existing, added);
  const first = Math.min(block?.first ?? Infinity, merged[0]?.rowId ?? 0);
  if (block !== null && first < block.first)
    storage.deleteBlock(indexId, term, block.first);
  const isAppended =
    (existing.at(-1)?.rowId ?? -1) < (added[0]?.rowId ?? Infinity);
  let start = first;
  for (const part of split(merged, isAppended)) {
    storage.putBlock(indexId, term, encode(start, part.postings));
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

function encode(first: number, postings: readonly Posting[]): PostingBlock {
  const entries = Buffer.allocUnsafe(postings.length * ENTRY_BYTES);
  let at = 0;
  for (const { rowId, frequency, lengthCode } of postings) {
    if (rowId - first > MAX_OFFSET)
      throw new Error(`Row ${rowId} is too far from its block at ${first}`);
    entries.writeUInt32LE(rowId - first, at);
    entries.writeUInt16LE(Math.min(frequency, MAX_FREQUENCY), at + 4);
    entries.writeUInt8(lengthCode, at + 6);
    at += ENTRY_BYTES;
  }
  return { first, entries };
}

function postingsIn(block: PostingBlock): Posting[] {
  const { rowIds, frequencies, lengthCodes } = decode([block]);
  return Array.from(rowIds, (rowId, position) => ({
    rowId,
    frequency: frequencies[position] ?? 0,
    lengthCode: lengthCodes[position] ?? 0,
  }));
}

function decode(blocks: readonly PostingBlock[]): Postings {
  const bytes = blocks.reduce((sum, { entries }) => sum + entries.length, 0);
  const postings = newPostings(bytes / ENTRY_BYTES);
  let position = 0;
  for (const { first, entries } of blocks) {
    for (let at = 0; at < entries.length; at += ENTRY_BYTES) {
      postings.rowIds[position] = first + entries.readUInt32LE(at);
      postings.frequencies[position] = entries.readUInt16LE(at + 4);
      postings.lengthCodes[position] = entries.readUInt8(at + 6);
      position += 1;
    }
  }
  return postings;
}

function newPostings(length: number): Postings {
  return {
    rowIds: new Float64Array(length),
    frequencies: new Uint16Array(length),
    lengthCodes: new Uint8Array(length),
  };
}
