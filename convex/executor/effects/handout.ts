/**
 * Room of a worker that looks for work next: the one that reports, or the one that this transaction wakes. A task that a
 * turn makes for it is claimed as it is written, if nobody else waits for the place: one exchange takes a result and
 * gives the next effect, and a worker that starts finds its first effects claimed.
 */
import type { Doc } from "../../_generated/dataModel";

/** What is handed out at once stays below what a function may return. */
const MAX_BYTES = 2 * 1024 * 1024;

type Task = Omit<Doc<"tasks">, "_creationTime">;

export class Handout {
  readonly generation: number;
  #tasks: Task[] = [];
  #room: number;
  #bytes = 0;
  #hasRefused = false;

  constructor(generation: number, room: number) {
    this.generation = generation;
    this.#room = room;
  }

  get tasks(): readonly Task[] {
    return this.#tasks;
  }

  add(task: Task): void {
    this.#tasks.push(task);
  }

  /** A turn has ended what it had begun. */
  forget(isGone: (task: Task) => boolean): void {
    this.#tasks = this.#tasks.filter((task) => !isGone(task));
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
