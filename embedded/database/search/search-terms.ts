/**
 * Terms of a search index: the words of its text, and its filter fields' values. Both are strings that start with a
 * letter of their own, so that they share one space of posting lists and of read sets.
 */
import { createHash } from "node:crypto";
import type { JSONValue } from "convex/values";
import { encodeKey } from "../../values/index-key";

const WORD = /[\p{Alphabetic}\p{N}]+/gu;
const ASCII = /^[\0-\x7f]*$/;
const MAX_WORD_BYTES = 32;
const FILTER_HASH_BYTES = 16;

/** Greater than any word: sorts after whatever a word can continue with. */
const AFTER_WORDS = "\u{10ffff}";

/** Lower-cased words in order; longer ones than an index keeps are left out. */
export function wordsOf(text: string): string[] {
  const words = text.match(WORD) ?? [];
  return words.filter(isShortEnough).map(lowerCased);
}

export function wordTerm(word: string): string {
  return `w${word}`;
}

/** A value is found by its index key, so that equality is Convex's: 1n is not 1, and a missing field is undefined. */
export function filterTerm(
  field: number,
  value: JSONValue | undefined,
): string {
  const hash = createHash("sha256")
    .update(encodeKey([value]))
    .digest();
  return `f${field}:${hash.toString("base64", 0, FILTER_HASH_BYTES)}`;
}

/** The end (exclusive) of the terms that start with `term`. */
export function endOfPrefix(term: string): string {
  return term + AFTER_WORDS;
}

/** The smallest term after `term`. */
export function termAfter(term: string): string {
  return `${term}\0`;
}

/** By UTF-8 bytes, as the storage orders them. */
export function compareTerms(left: string, right: string): number {
  return Buffer.compare(Buffer.from(left), Buffer.from(right));
}

function isShortEnough(word: string): boolean {
  return (
    word.length <= MAX_WORD_BYTES && Buffer.byteLength(word) <= MAX_WORD_BYTES
  );
}

/** Letter by letter: a final sigma would otherwise hide a word from a search for its beginning. */
function lowerCased(word: string): string {
  if (ASCII.test(word)) return word.toLowerCase();
  return [...word].map((letter) => letter.toLowerCase()).join("");
}
