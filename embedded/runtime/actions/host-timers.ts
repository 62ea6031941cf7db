/** The timers of one action. They end with it. */
export class HostTimers {
  readonly #enter: (work: () => void) => void;
  readonly #running = new Map<number, NodeJS.Timeout>();
  #nextId = 1;

  /** `enter` runs code of the action. */
  constructor(enter: (work: () => void) => void) {
    this.#enter = enter;
  }

  get count(): number {
    return this.#running.size;
  }

  start(callback: () => void, delayMs: number, repeats: boolean): number {
    const id = this.#nextId++;
    const fire = () => {
      if (!repeats) this.#running.delete(id);
      this.#enter(callback);
    };
    const delay = Number.isFinite(delayMs) ? delayMs : 0;
    this.#running.set(
      id,
      repeats ? setInterval(fire, delay) : setTimeout(fire, delay),
    );
    return id;
  }

  stop(id: number): void {
    clearTimeout(this.#running.get(id));
    this.#running.delete(id);
  }

  stopAll(): void {
    for (const timer of this.#running.values()) clearTimeout(timer);
    this.#running.clear();
  }
}
