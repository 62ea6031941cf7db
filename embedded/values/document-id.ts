/**
 * Document ids: table number, 16 internal bytes and a checksum, in lowercase Crockford base32. Decoding is one-to-one:
 * a text that does not encode back to itself is no id.
 */
import type { Random } from "../database/types";

export const INTERNAL_ID_BYTES = 16;
export type DecodedId = { tableNumber: number; internalId: Uint8Array };

const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";
const DIGITS = new Map([...ALPHABET].map((letter, digit) => [letter, digit]));
const MIN_LENGTH = 31;
const MAX_LENGTH = 37;
const DAY_MS = 86_400_000;

export function encodeId(tableNumber: number, internalId: Uint8Array): string {
  const body = [...encodeVarint(tableNumber), ...internalId];
  const checksum = fletcher16(body);
  return encodeBase32([...body, checksum & 0xff, checksum >> 8]);
}

/** Null when `text` is not an id. */
export function decodeId(text: string): DecodedId | null {
  if (text.length < MIN_LENGTH || text.length > MAX_LENGTH) return null;
  const bytes = decodeBase32(text);
  if (bytes === null) return null;
  const decoded = splitBytes(bytes);
  if (decoded === null) return null;
  return encodeId(decoded.tableNumber, decoded.internalId) === text
    ? decoded
    : null;
}

/** 14 random bytes and the day, so that ids are not ordered by time but can be aged. */
export function newInternalId(random: Random, nowMs: number): Uint8Array {
  const id = new Uint8Array(INTERNAL_ID_BYTES);
  id.set(random.bytes(INTERNAL_ID_BYTES - 2));
  const day = Math.floor(nowMs / DAY_MS);
  id[14] = (day >> 8) & 0xff;
  id[15] = day & 0xff;
  return id;
}

function splitBytes(bytes: number[]): DecodedId | null {
  let tableNumber = 0;
  let position = 0;
  for (;;) {
    const byte = bytes[position];
    if (byte === undefined || position === 5) return null;
    tableNumber += (byte & 0x7f) * 2 ** (7 * position);
    position += 1;
    if (byte < 0x80) break;
  }
  if (tableNumber === 0 || tableNumber > 0xffffffff) return null;
  if (bytes.length !== position + INTERNAL_ID_BYTES + 2) return null;
  return {
    tableNumber,
    internalId: Uint8Array.from(
      bytes.slice(position, position + INTERNAL_ID_BYTES),
    ),
  };
}

function encodeVarint(number: number): number[] {
  const bytes = [];
  let rest = number;
  while (rest >= 0x80) {
    bytes.push((rest % 0x80) | 0x80);
    rest = Math.floor(rest / 0x80);
  }
  return [...bytes, rest];
}

function fletcher16(bytes: readonly number[]): number {
  let low = 0;
  let high = 0;
  for (const byte of bytes) {
    low = (low + byte) & 0xff;
    high = (high + low) & 0xff;
  }
  return (high << 8) | low;
}

function encodeBase32(bytes: readonly number[]): string {
  let text = "";
  let buffer = 0;
  let bits = 0;
  for (const byte of bytes) {
    buffer = (buffer << 8) | byte;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += ALPHABET[(buffer >> bits) & 31];
    }
    buffer &= (1 << bits) - 1;
  }
  return bits === 0 ? text : text + ALPHABET[(buffer << (5 - bits)) & 31];
}

function decodeBase32(text: string): number[] | null {
  const bytes = [];
  let buffer = 0;
  let bits = 0;
  for (const letter of text) {
    const digit = DIGITS.get(letter);
    if (digit === undefined) return null;
    buffer = (buffer << 5) | digit;
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      bytes.push((buffer >> bits) & 0xff);
      buffer &= (1 << bits) - 1;
    }
  }
  return bytes;
}
