/**
 * What happens to the step execution at a key, always the same. The class stands alone: its text is part of the
 * workflows that `workflow-source.ts` writes, so that user code meets the same fates as the reference.
 */
export class Fates {
  readonly #seed: number;
  constructor(seed: number) {
    this.#seed = seed;
  }

  fails(key: string): boolean {
    return this.#chance(`fails ${key}`) < 0.15;
  }

  branch(key: string): "then" | "else" {
    return this.#chance(`branch ${key}`) < 0.6 ? "then" : "else";
  }

  /** The number of a case; `cases` itself is the default, or nothing when there is none. */
  takes(key: string, cases: number): number {
    return Math.floor(this.#chance(`case ${key}`) * (cases + 1));
  }

  iterations(key: string): number {
    return Math.floor(this.#chance(`iterations ${key}`) * 5);
  }

  /** How many attempts of an effect fail before one succeeds: fewer than it has. */
  failedAttempts(key: string): number {
    return Math.max(0, Math.floor(this.#chance(`attempts ${key}`) * 5) - 2);
  }

  approves(key: string): boolean {
    return this.#chance(`approves ${key}`) < 0.5;
  }

  /** Whether somebody answers a wait that has a timeout, if its time is not over before. */
  answers(key: string): boolean {
    return this.#chance(`answers ${key}`) < 0.5;
  }

  /** The seed of the run that a step starts. */
  childSeed(key: string): number {
    return Math.floor(this.#chance(`child ${key}`) * 2 ** 31);
  }

  #chance(text: string): number {
    let hash = this.#seed | 0;
    for (const letter of text)
      hash =
        Math.imul(hash ^ (letter.codePointAt(0) ?? 0), 0x5bd1e995) ^
        (hash >>> 13);
    hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
    return ((hash ^ (hash >>> 12)) >>> 0) / 2 ** 32;
  }
}
