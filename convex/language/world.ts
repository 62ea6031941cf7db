/** What a step function sees of the world outside: chance and time. */
export type Moment = { seed: string; nowMs: number };

/** The moment of an evaluation, for code in the sandbox that looks at it, which most does not. */
export class World {
  #moment: Moment = { seed: "", nowMs: 0 };
  isSeen = false;

  begin(moment: Moment): void {
    this.#moment = moment;
    this.isSeen = false;
  }

  /** What the SDK's `look` takes, as JSON: the state of chance, the clock, and a nonce. */
  look(): string {
    this.isSeen = true;
    const { seed, nowMs } = this.#moment;
    return `[${chanceOf(seed)},${nowMs},"${nonce()}"]`;
  }
}

function chanceOf(seed: string): number {
  let state = 1779033703;
  for (let i = 0; i < seed.length; i++) {
    state = Math.imul(state ^ seed.charCodeAt(i), 3432918353);
    state = (state << 13) | (state >>> 19);
  }
  return state;
}

/** Unknown to everything that was written before the evaluation began. */
function nonce(): string {
  return `${Math.random()}${Math.random()}`;
}
