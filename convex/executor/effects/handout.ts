/**
 * Room of the worker that reports. A task that the turn of a report makes is claimed as it is written and handed out in
 * the same transaction, if nobody else waits for the place: one exchange takes a result and gives the next effect.
 */
import type { ClaimedTask } from "./claims";

/** What one exchange hands out stays below what a mutation may return. */
const MAX_BYTES = 2 * 1024 * 1024;

export class Handout {
  readonly generation: number;
  readonly tasks: ClaimedTask[] = [];
  #room: number;
  #bytes = 0;
  #hasRefused = false;

  constructor(generation: number, room: number) {
    this.generation = generation;
    this.#room = room;
  }

  /** Whether a task was left for a later claim. */
  get hasRefused(): boolean {
    return this.#hasRefused;
  }

  /** Takes the place for a request of that size. */
  take(bytes: number): boolean {
    const taken = this.#room > 0 && this.#bytes + bytes <= MAX_BYTES;
    if (!taken) this.#hasRefused = true;
    else {
      this.#room -= 1;
      this.#bytes += bytes;
    }
    return taken;
  }
}
