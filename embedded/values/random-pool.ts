import { randomFillSync } from "node:crypto";

const POOL_BYTES = 8192;
/** Up to here a loop is quicker than two calls into the engine. */
const SHORT_BYTES = 64;

/** Random bytes of the system, fetched many at a time: a call of its own costs as much as a small mutation's writes. */
export class RandomPool {
  readonly #pool = new Uint8Array(POOL_BYTES);
  #used = POOL_BYTES;

  /** An arrow, so that it can be handed on alone. The bytes are given out once. */
  readonly bytes = (length: number): Uint8Array => {
    if (length > POOL_BYTES) return randomFillSync(new Uint8Array(length));
    if (this.#used + length > POOL_BYTES) {
      randomFillSync(this.#pool);
      this.#used = 0;
    }
    return length <= SHORT_BYTES ? this.#short(length) : this.#long(length);
  };

  #short(length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    for (let at = 0; at < length; at++) {
      bytes[at] = this.#pool[this.#used] ?? 0;
      this.#pool[this.#used++] = 0;
    }
    return bytes;
  }

  #long(length: number): Uint8Array {
    const bytes = this.#pool.slice(this.#used, this.#used + length);
    this.#pool.fill(0, this.#used, this.#used + length);
    this.#used += length;
    return bytes;
  }
}
