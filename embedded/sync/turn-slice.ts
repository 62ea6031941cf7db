const MAX_MS_PER_TURN = 4;

/**
 * Runs jobs in the order in which they are given: at once while this turn of the event loop has spent little time on
 * them, the others in later turns. So jobs that are ready together share a turn, and a thousand of them keep nobody
 * else waiting.
 */
export class TurnSlice {
  #waiting: (() => void)[] = [];
  #spentMs = 0;
  #isTurnOpen = false;

  run(job: () => void): void {
    if (this.#waiting.length === 0 && this.#spentMs < MAX_MS_PER_TURN)
      this.#timed(job);
    else this.#waiting.push(job);
    this.#openTurn();
  }

  #timed(job: () => void): void {
    const startedAt = performance.now();
    try {
      job();
    } finally {
      this.#spentMs += performance.now() - startedAt;
    }
  }

  #openTurn(): void {
    if (this.#isTurnOpen) return;
    this.#isTurnOpen = true;
    setImmediate(() => {
      this.#isTurnOpen = false;
      this.#spentMs = 0;
      this.#drain();
    });
  }

  #drain(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const job of waiting) this.run(job);
  }
}
