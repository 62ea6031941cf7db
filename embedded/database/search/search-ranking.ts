/** BM25 as Tantivy computes it, and with its way to keep the length of a text in one byte. */
import type { SearchStatistics } from "../../storage/search-storage";

const SATURATION = 1.2;
const LENGTH_SHARE = 0.75;
/** Lengths below are kept exactly, longer ones with four significant bits. */
const EXACT_LENGTHS = 24;

/** The largest code whose length is not above `length`. */
export function lengthCode(length: number): number {
  let low = 0;
  let high = LENGTHS.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((LENGTHS[middle] ?? Infinity) <= length) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** What one term adds to the score of a document that holds it. */
export class TermWeight {
  readonly #weight: number;
  readonly #norms: Float64Array;

  constructor(
    documentsWithTerm: number,
    statistics: SearchStatistics,
    boost: number,
  ) {
    const rest = statistics.documents - documentsWithTerm;
    const rarity = Math.log(1 + (rest + 0.5) / (documentsWithTerm + 0.5));
    this.#weight = boost * rarity * (1 + SATURATION);
    const average = statistics.tokens / Math.max(1, statistics.documents);
    this.#norms = LENGTHS.map(
      (length) =>
        SATURATION * (1 - LENGTH_SHARE + (LENGTH_SHARE * length) / average),
    );
  }

  score(frequency: number, code: number): number {
    const norm = this.#norms[code] ?? 0;
    return (this.#weight * frequency) / (frequency + norm);
  }
}

const LENGTHS = Float64Array.from({ length: 256 }, (_, code) =>
  code < EXACT_LENGTHS
    ? code
    : EXACT_LENGTHS + fromFourBits(code - EXACT_LENGTHS),
);

function fromFourBits(code: number): number {
  const exponent = (code >> 3) - 1;
  return exponent < 0 ? code & 7 : (8 + (code & 7)) * 2 ** exponent;
}
