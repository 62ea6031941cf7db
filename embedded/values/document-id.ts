/**
 * Document ids: table number, 16 internal bytes and a checksum, in lowercase Crockford base32. Decoding is one-to-one:
 * a text that does not encode back to itself is no id.
 */
import type { Random } from "../database/types";

export const INTERNAL_ID_BYTES = 16;
export type DecodedId = { tableNumber: number; internalId: Uint8Array };

const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";
const LETTERS = Uint8Array.from(ALPHABET, (letter) => letter.charCodeAt(0));
const NO_DIGIT = 255;
/** By the code of a letter. */
const DIGITS = new Uint8Array(128).fill(NO_DIGIT);
LETTERS.forEach((code, digit) => (DIGITS[code] = digit));
const CHECKSUM_BYTES = 2;
const MAX_VARINT_BYTES = 5;
const MAX_BYTES = MAX_VARINT_BYTES + INTERNAL_ID_BYTES + CHECKSUM_BYTES;
const MIN_LENGTH = 31;
const MAX_LENGTH = 37;
const TICK_MS = 16;
const DAY_MS = 86_400_000;

/** Of one call of `encodeId` or `decodeId` at a time. */
const scratch = new Uint8Array(MAX_BYTES);
const letters = Buffer.alloc(MAX_LENGTH);

export function encodeId(tableNumber: number, internalId: Uint8Array): string {
  const length = writeVarint(tableNumber);
  scratch.set(internalId, length);
  return encodeScratch(length + INTERNAL_ID_BYTES);
}

/** Null when `id` is not an id. */
export function decodeId(id: string): DecodedId | null {
  if (id.length < MIN_LENGTH || id.length > MAX_LENGTH) return null;
  const length = decodeBase32(id);
  return length === null ? null : splitScratch(length);
}

/**
 * The time in ticks, 10 random bytes and the day. What is made at the same time lies together in the index of ids; ids
 * that were random from the start would each touch a page of their own.
 */
export function newInternalId(random: Random, nowMs: number): Uint8Array {
  const id = new Uint8Array(INTERNAL_ID_BYTES);
  const tick = Math.floor(nowMs / TICK_MS);
  for (let at = 0; at < 4; at++) id[at] = tick >>> (24 - 8 * at);
  id.set(random.bytes(INTERNAL_ID_BYTES - 6), 4);
  const day = Math.floor(nowMs / DAY_MS);
  id[14] = day >> 8;
  id[15] = day;
  return id;
}

function splitScratch(length: number): DecodedId | null {
  let tableNumber = 0;
  let position = 0;
  for (;;) {
    const byte = scratch[position];
    if (byte === undefined || position === MAX_VARINT_BYTES) return null;
    tableNumber += (byte & 0x7f) * 2 ** (7 * position);
    position += 1;
    if (byte < 0x80) {
      if (byte === 0 && position > 1) return null;
      break;
    }
  }
  if (tableNumber === 0 || tableNumber > 0xffffffff) return null;
  const end = position + INTERNAL_ID_BYTES;
  if (length !== end + CHECKSUM_BYTES || !isChecksum(end)) return null;
  return { tableNumber, internalId: scratch.slice(position, end) };
}

/** Gives its length. */
function writeVarint(number: number): number {
  let length = 0;
  let rest = number;
  while (rest >= 0x80) {
    scratch[length++] = (rest % 0x80) | 0x80;
    rest = Math.floor(rest / 0x80);
  }
  scratch[length++] = rest;
  return length;
}

/** The first bytes of the scratch, and the checksum that belongs to them. */
function encodeScratch(length: number): string {
  const checksum = checksumOf(length);
  scratch[length] = checksum & 0xff;
  scratch[length + 1] = checksum >> 8;
  return encodeBase32(length + CHECKSUM_BYTES);
}

function isChecksum(at: number): boolean {
  const checksum = checksumOf(at);
  return scratch[at] === (checksum & 0xff) && scratch[at + 1] === checksum >> 8;
}

/** Of the first bytes of the scratch. */
function checksumOf(length: number): number {
  let low = 0;
  let high = 0;
  for (let at = 0; at < length; at++) {
    low = (low + (scratch[at] ?? 0)) & 0xff;
    high = (high + low) & 0xff;
  }
  return (high << 8) | low;
}

function encodeBase32(length: number): string {
  let written = 0;
  let buffer = 0;
  let bits = 0;
  for (let at = 0; at < length; at++) {
    buffer = (buffer << 8) | (scratch[at] ?? 0);
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      letters[written++] = LETTERS[(buffer >> bits) & 31] ?? 0;
    }
    buffer &= (1 << bits) - 1;
  }
  if (bits > 0) letters[written++] = LETTERS[(buffer << (5 - bits)) & 31] ?? 0;
  return letters.toString("latin1", 0, written);
}

/** Into the scratch; gives the number of bytes, or null for what `encodeBase32` does not write. */
function decodeBase32(id: string): number | null {
  let written = 0;
  let buffer = 0;
  let bits = 0;
  for (let at = 0; at < id.length; at++) {
    const digit = DIGITS[id.charCodeAt(at)] ?? NO_DIGIT;
    if (digit === NO_DIGIT) return null;
    buffer = (buffer << 5) | digit;
    bits += 5;
    if (bits < 8) continue;
    bits -= 8;
    scratch[written++] = buffer >> bits;
    buffer &= (1 << bits) - 1;
  }
  return bits < 5 && buffer === 0 ? written : null;
}
