/**
 * Runs code of actions so that the main thread can stop it. Node's own way, a script with a time limit, starts a thread
 * each time, which costs more than most of what actions do between two waits. What an inspector's session evaluates is
 * stopped from outside just as well, and it goes on behind it; the main thread asks for that only when it must.
 */
import { Session } from "node:inspector";
import {
  closeRegion,
  openRegion,
  regionStopped,
  type WorkerCells,
} from "./worker-cells";

const REGION = "%lockstepRegion";
const EVALUATION = {
  expression: `globalThis[${JSON.stringify(REGION)}]()`,
  silent: true,
};

export class StoppableRegions {
  readonly #cells: WorkerCells;
  readonly #session = new Session();
  #count = 0;
  #work: () => void = () => undefined;
  #isWhole = false;

  /** One a thread. */
  constructor(cells: WorkerCells) {
    this.#cells = cells;
    this.#session.connect();
    Object.defineProperty(globalThis, REGION, { value: () => this.#run() });
  }

  /** False when `work`, which never throws, was stopped: it ended where it was, without any `catch` or `finally`. */
  run(work: () => void): boolean {
    this.#work = work;
    this.#isWhole = false;
    this.#session.post("Runtime.evaluate", EVALUATION);
    if (!this.#isWhole) regionStopped(this.#cells);
    return this.#isWhole;
  }

  #run(): void {
    const number = openRegion(this.#cells, this.#count++);
    this.#work();
    // Whoever wants to stop it shall not stop what comes next.
    if (!closeRegion(this.#cells, number)) for (;;);
    this.#isWhole = true;
  }
}
