/** Sorted keys of one index that a transaction has changed: a row that is (or has become) there, or null if removed. */
import { compareKeys } from "../values/index-key";
import type { Row } from "./table-info";

export type OverlayEntry = { readonly key: Uint8Array; row: Row | null };

export class IndexOverlay {
  readonly #entries: OverlayEntry[] = [];

  set(key: Uint8Array, row: Row | null): void {
    const position = this.#firstAtOrAfter(key);
    const entry = this.#entries[position];
    if (entry !== undefined && compareKeys(entry.key, key) === 0)
      entry.row = row;
    else this.#entries.splice(position, 0, { key, row });
  }

  delete(key: Uint8Array): void {
    const position = this.#firstAtOrAfter(key);
    const entry = this.#entries[position];
    if (entry !== undefined && compareKeys(entry.key, key) === 0)
      this.#entries.splice(position, 1);
  }

  /** The first entry with `key >= from`. */
  atOrAfter(from: Uint8Array): OverlayEntry | null {
    return this.#entries[this.#firstAtOrAfter(from)] ?? null;
  }

  /** The last entry with `key < before`, or the last of all. */
  lastBefore(before: Uint8Array | null): OverlayEntry | null {
    const position =
      before === null ? this.#entries.length : this.#firstAtOrAfter(before);
    return this.#entries[position - 1] ?? null;
  }

  #firstAtOrAfter(key: Uint8Array): number {
    let low = 0;
    let high = this.#entries.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const entry = this.#entries[middle];
      if (entry !== undefined && compareKeys(entry.key, key) < 0)
        low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
