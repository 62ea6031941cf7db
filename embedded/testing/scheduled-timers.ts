/** One timer for each scheduled function, made with whatever `setTimeout` the test has in force when it is scheduled. */
import type { ComponentPath, Database } from "../database/types";
import { pendingJobs } from "../scheduler/due-jobs";
import { type Job, jobKey, type JobRunner } from "../scheduler/job-runner";
import { outside } from "./host-scope";

/** Longer timers fire at once, real and fake ones. */
const MAX_TIMER_MS = 2 ** 31 - 1;
/** Turns of the event loop after which a real timer that was due has fired. */
const IDLE_TURNS = 20;
/** Taken before a test installs fake timers. */
const realTimers = { setTimeout, clearTimeout };

export interface ScheduledTimersOptions {
  database: Database;
  components: () => ComponentPath[];
  jobs: JobRunner;
}

export class ScheduledTimers {
  readonly #options: ScheduledTimersOptions;
  readonly #known = new Set<string>();
  readonly #running = new Set<Promise<void>>();
  #waiting = 0;

  constructor(options: ScheduledTimersOptions) {
    this.#options = options;
    options.database.onCommit(({ keys }) => {
      for (const key of keys.keys())
        if (key.endsWith(":by_state_and_time")) return this.#refresh();
    });
  }

  async finishInProgress(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
  }

  /** Until nothing runs and no timer is left that advancing could fire. */
  async finishAll(advance: () => void, maxIterations: number): Promise<void> {
    const guarded = guardClock(advance);
    let idle = 0;
    for (let iteration = 0; iteration < maxIterations; iteration += 1) {
      guarded();
      if (this.#running.size > 0) {
        idle = 0;
        await pumped(this.finishInProgress(), guarded);
      } else if (this.#waiting === 0 || idle === IDLE_TURNS) return;
      else {
        idle += 1;
        await new Promise((resolve) => realTimers.setTimeout(resolve, 0));
      }
    }
    throw new Error(TOO_MANY);
  }

  #refresh(): void {
    const { database, components } = this.#options;
    for (const component of components()) {
      const rows = database.read((tx) => pendingJobs(tx, component, Infinity));
      for (const row of rows.value) this.#schedule({ component, row });
    }
  }

  #schedule(job: Job): void {
    const key = jobKey(job);
    if (this.#known.has(key)) return;
    this.#known.add(key);
    this.#waiting += 1;
    outside(() =>
      this.#wait(job, Math.round(job.row.scheduledTime - Date.now())),
    );
  }

  #wait(job: Job, delayMs: number): void {
    if (delayMs > MAX_TIMER_MS)
      setTimeout(() => this.#wait(job, delayMs - MAX_TIMER_MS), MAX_TIMER_MS);
    else setTimeout(() => this.#start(job), Math.max(0, delayMs));
  }

  #start(job: Job): void {
    this.#waiting -= 1;
    const running = this.#options.jobs.run(job).then(
      () => undefined,
      (error: unknown) =>
        console.error("A scheduled function was lost:", error),
    );
    this.#running.add(running);
    void running.then(() => this.#running.delete(running));
  }
}

/** Handlers may wait for timers of their own. */
async function pumped(work: Promise<void>, advance: () => void): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const pumping = new Promise<never>((_resolve, reject) => {
    const pump = (): void => {
      try {
        advance();
        timer = realTimers.setTimeout(pump, 0);
      } catch (error) {
        // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- what the test's own function threw
        reject(error);
      }
    };
    pump();
  });
  try {
    await Promise.race([work, pumping]);
  } finally {
    realTimers.clearTimeout(timer);
  }
}

/** A test that ended meanwhile has its clock back: advancing it then would advance another test's. */
function guardClock(advance: () => void): () => void {
  const clock = outside(() => globalThis.setTimeout);
  return () => {
    if (outside(() => globalThis.setTimeout) !== clock)
      throw new Error(REPLACED);
    advance();
  };
}

const TOO_MANY =
  "finishAllScheduledFunctions: too many iterations. Check for infinitely recursive scheduled functions, or increase maxIterations.";
const REPLACED =
  "finishAllScheduledFunctions: timers were restored or replaced while waiting for scheduled functions.";
