import { randomFillSync } from "node:crypto";

const POOL_BYTES = 8192;

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
    const bytes = this.#pool.slice(this.#used, this.#used + length);
    this.#pool.fill(0, this.#used, this.#used + length);
    this.#used += length;
    return bytes;
  };
}
