/** The same numbers for the same seed (mulberry32). */
export class SeededRandom {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** At least 0, less than 1. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  }

  /** At least `low`, less than `high`. */
  between(low: number, high: number): number {
    return low + this.next() * (high - low);
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }
}

/** `CRASH_SEED`, to repeat a run; else a new one, printed. */
export function crashSeed(): number {
  const given = process.env["CRASH_SEED"];
  const seed = given === undefined ? Date.now() % 2 ** 32 : Number(given);
  console.error(`CRASH_SEED=${seed}`);
  return seed;
}
