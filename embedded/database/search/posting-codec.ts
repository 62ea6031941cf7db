/**
 * A block of postings as bytes. For each, as variable-length numbers (seven bits a byte, the lowest first): the distance
 * from the row before and how often the document holds the term; then its length code in one byte.
 */
import type { PostingBlock } from "../../storage/search-storage";

export type Posting = { rowId: number; frequency: number; lengthCode: number };
/** Sorted by row id; arrays side by side. */
export type Postings = {
  readonly rowIds: Float64Array;
  readonly frequencies: Uint32Array;
  readonly lengthCodes: Uint8Array;
};

const CONTINUES = 0x80;
const SMALLEST_ENTRY = 3;
/** Two numbers of up to 53 bits and a byte. */
const LARGEST_ENTRY = 17;

export function encodeBlock(
  first: number,
  postings: readonly Posting[],
): PostingBlock {
  const bytes = scratchOf(postings.length * LARGEST_ENTRY);
  let at = 0;
  let before = first;
  for (const { rowId, frequency, lengthCode } of postings) {
    at = writeNumber(bytes, at, rowId - before);
    at = writeNumber(bytes, at, frequency);
    bytes[at++] = lengthCode;
    before = rowId;
  }
  return { first, entries: Buffer.from(bytes.subarray(0, at)) };
}

let scratch = Buffer.alloc(0);

/** Used again and again: blocks are encoded by the hundred thousand when an index is filled. */
function scratchOf(size: number): Buffer {
  if (scratch.length < size) scratch = Buffer.alloc(size);
  return scratch;
}

/** Distances can be beyond 32 bits, so no shifts. Returns where the next byte goes. */
function writeNumber(bytes: Buffer, start: number, value: number): number {
  let at = start;
  let rest = value;
  for (; rest >= CONTINUES; rest = Math.floor(rest / CONTINUES))
    bytes[at++] = (rest % CONTINUES) + CONTINUES;
  bytes[at++] = rest;
  return at;
}

/** Consecutive blocks as one list. */
export function decodeBlocks(blocks: readonly PostingBlock[]): Postings {
  const bytes = blocks.reduce((sum, { entries }) => sum + entries.length, 0);
  const target = newPostings(Math.floor(bytes / SMALLEST_ENTRY));
  let length = 0;
  for (const block of blocks) length = decodeBlock(block, target, length);
  return {
    rowIds: target.rowIds.subarray(0, length),
    frequencies: target.frequencies.subarray(0, length),
    lengthCodes: target.lengthCodes.subarray(0, length),
  };
}

/** One loop over the bytes: common words have hundreds of thousands of postings. */
function decodeBlock(
  { first, entries }: PostingBlock,
  target: Postings,
  start: number,
): number {
  const { rowIds, frequencies, lengthCodes } = target;
  let length = start;
  let row = first;
  let at = 0;
  while (at < entries.length) {
    let byte = entries[at++] ?? 0;
    let distance = byte & 0x7f;
    for (let unit = CONTINUES; byte >= CONTINUES; unit *= CONTINUES) {
      byte = entries[at++] ?? 0;
      distance += (byte & 0x7f) * unit;
    }
    byte = entries[at++] ?? 0;
    let frequency = byte & 0x7f;
    for (let unit = CONTINUES; byte >= CONTINUES; unit *= CONTINUES) {
      byte = entries[at++] ?? 0;
      frequency += (byte & 0x7f) * unit;
    }
    row += distance;
    rowIds[length] = row;
    frequencies[length] = frequency;
    lengthCodes[length] = entries[at++] ?? 0;
    length += 1;
  }
  return length;
}

export function asList(postings: Postings): Posting[] {
  return Array.from(postings.rowIds, (rowId, position) => ({
    rowId,
    frequency: postings.frequencies[position] ?? 0,
    lengthCode: postings.lengthCodes[position] ?? 0,
  }));
}

export function asPostings(list: readonly Posting[]): Postings {
  const postings = newPostings(list.length);
  list.forEach(({ rowId, frequency, lengthCode }, position) => {
    postings.rowIds[position] = rowId;
    postings.frequencies[position] = frequency;
    postings.lengthCodes[position] = lengthCode;
  });
  return postings;
}

function newPostings(length: number): Postings {
  return {
    rowIds: new Float64Array(length),
    frequencies: new Uint32Array(length),
    lengthCodes: new Uint8Array(length),
  };
}
