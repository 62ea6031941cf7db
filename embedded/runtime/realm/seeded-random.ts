/** xoshiro128**: small, fast, and good enough to be `Math.random`. Never a source of secrets. */
export class SeededRandom {
  #state: [number, number, number, number] = [1, 2, 3, 4];

  seed(words: readonly [number, number, number, number]): void {
    this.#state = [
      words[0] >>> 0,
      words[1] >>> 0,
      words[2] >>> 0,
      (words[3] >>> 0) | 1,
    ];
  }

  state(): readonly [number, number, number, number] {
    return [...this.#state];
  }

  uint32(): number {
    const [a, b, c, d] = this.#state;
    const result = Math.imul(rotate(Math.imul(b, 5), 7), 9) >>> 0;
    const c1 = c ^ a;
    const d1 = d ^ b;
    this.#state = [
      (a ^ d1) >>> 0,
      (b ^ c1) >>> 0,
      (c1 ^ (b << 9)) >>> 0,
      rotate(d1, 11) >>> 0,
    ];
    return result;
  }

  /** In [0, 1), with 53 random bits. */
  float(): number {
    return (
      ((this.uint32() >>> 5) * 67108864 + (this.uint32() >>> 6)) /
      9007199254740992
    );
  }

  fill(bytes: Uint8Array): void {
    for (let i = 0; i < bytes.length; i++) bytes[i] = this.uint32() >>> 24;
  }
}

function rotate(value: number, count: number): number {
  return (value << count) | (value >>> (32 - count));
}
