/** Lookups and ranges of one index that were read lately, found again by what was asked or by a key that changes. */
import type {
  ScanRequest,
  StoredDocument,
  StoredEntry,
} from "./document-storage";

/** What a range has, in its order: `entries[i]` is `documents[i]` with its key. */
export type ScanSlot = {
  documents: readonly StoredDocument[];
  entries: readonly StoredEntry[];
};
type Range = Pick<ScanRequest, "start" | "end">;

/** Each change of the index compares its key with so many: then they are forgotten, and read again if need be. */
const MAX_LENGTHS = 24;
const MAX_OTHERS = 32;

export class IndexSlots {
  /** Row ids; null where there is nothing. */
  readonly #points = new Map<string, number | null>();
  readonly #scans = new Map<string, ScanSlot>();
  /** Ranges of all keys that begin with a prefix: by its length, then by itself, what was asked of it. */
  readonly #prefixes = new Map<number, Map<string, Set<string>>>();
  /** All other ranges. */
  readonly #others = new Map<string, Range>();

  /** Undefined when it is not known. */
  point(key: Uint8Array): number | null | undefined {
    return this.#points.get(latin1(key, key.length));
  }

  setPoint(key: Uint8Array, rowId: number | null): void {
    this.#points.set(latin1(key, key.length), rowId);
  }

  scanned(request: ScanRequest): ScanSlot | undefined {
    return this.#scans.get(questionOf(request));
  }

  setScanned(request: ScanRequest, slot: ScanSlot): void {
    const question = questionOf(request);
    const { start, end } = request;
    if (isPrefix(start, end)) this.#setPrefix(start, question);
    else this.#others.set(question, { start, end });
    const isTooMuch =
      this.#prefixes.size > MAX_LENGTHS || this.#others.size > MAX_OTHERS;
    if (isTooMuch) this.#forgetScans();
    else this.#scans.set(question, slot);
  }

  /** A key has come or gone. */
  changed(key: Uint8Array): void {
    if (this.#points.size > 0) this.#points.delete(latin1(key, key.length));
    for (const [length, prefixes] of this.#prefixes) {
      if (length > key.length) continue;
      const prefix = latin1(key, length);
      const questions = prefixes.get(prefix);
      if (questions === undefined) continue;
      for (const question of questions) this.#scans.delete(question);
      prefixes.delete(prefix);
    }
    for (const [question, range] of this.#others) {
      if (!contains(range, key)) continue;
      this.#scans.delete(question);
      this.#others.delete(question);
    }
  }

  #setPrefix(start: Uint8Array, question: string): void {
    const prefix = latin1(start, start.length);
    const prefixes =
      this.#prefixes.get(start.length) ?? new Map<string, Set<string>>();
    this.#prefixes.set(start.length, prefixes);
    const questions = prefixes.get(prefix) ?? new Set<string>();
    prefixes.set(prefix, questions.add(question));
  }

  #forgetScans(): void {
    this.#scans.clear();
    this.#prefixes.clear();
    this.#others.clear();
  }
}

function questionOf({ start, end, order, limit }: ScanRequest): string {
  const until = end === null ? "" : latin1(end, end.length);
  return `${order}${limit},${start.length},${latin1(start, start.length)}${end === null ? "-" : "+"}${until}`;
}

/** Whether the range is of all keys that begin with `start`. */
function isPrefix(start: Uint8Array, end: Uint8Array | null): boolean {
  const last = start.length - 1;
  if (end === null || end.length !== start.length || last < 0) return false;
  if ((start[last] ?? 255) + 1 !== end[last]) return false;
  for (let at = 0; at < last; at++) if (start[at] !== end[at]) return false;
  return true;
}

function contains({ start, end }: Range, key: Uint8Array): boolean {
  const isBehind = end !== null && Buffer.compare(key, end) >= 0;
  return !isBehind && Buffer.compare(key, start) >= 0;
}

/** A text of the first bytes, one character each. */
function latin1(bytes: Uint8Array, length: number): string {
  const buffer = Buffer.isBuffer(bytes)
    ? bytes
    : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  return buffer.toString("latin1", 0, length);
}
