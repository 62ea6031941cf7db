/**
 * Runs scheduled functions and crons when they are due.
 *
 * Invariants:
 * - Those of `JobRunner`. Rows found `inProgress` at start belong to actions that died with the process.
 * - `#running` holds what this process has started; a row in it is never started again.
 */
import type { Commit, ComponentPath, Database } from "../database/types";
import { fireDueCrons, listCrons } from "./cron-rows";
import {
  endedJobs,
  jobsInProgress,
  oldSessionRequests,
  pendingJobs,
} from "./due-jobs";
import {
  type Job,
  jobKey,
  JobRunner,
  type JobRunnerOptions,
} from "./job-runner";

const DAY_MS = 24 * 3600 * 1000;
const KEEP_ENDED_MS = 7 * DAY_MS;
const CLEANUP_EVERY_MS = 3600 * 1000;
const CLEANUP_BATCH = 500;
/** Timers beyond this fire at once in Node. */
const MAX_TIMER_MS = 2 ** 31 - 1;
const FIRST_RETRY_MS = 500;
const LAST_RETRY_MS = 2 * 3600 * 1000;
const INTERRUPTED = "Transient error while executing action";

export interface SchedulerOptions extends JobRunnerOptions {
  database: Database;
  components: () => ComponentPath[];
  /** Jobs at the same time; Convex's default is 8. */
  parallelism: number;
}

export class Scheduler {
  readonly #options: SchedulerOptions;
  readonly #jobs: JobRunner;
  readonly #running = new Map<string, Promise<void>>();
  /** Jobs whose last try met a failure of ours: not before this time again. */
  readonly #notBefore = new Map<string, { at: number; tries: number }>();
  #timer: NodeJS.Timeout | null = null;
  #cleanupTimer: NodeJS.Timeout | null = null;
  #immediate: NodeJS.Immediate | null = null;
  #unsubscribe: (() => void) | null = null;

  constructor(options: SchedulerOptions) {
    this.#options = options;
    this.#jobs = new JobRunner(options);
  }

  async start(): Promise<void> {
    await this.#failInterruptedActions();
    this.#unsubscribe = this.#options.database.onCommit((commit) => {
      if (concernsScheduler(commit)) this.#wakeSoon();
    });
    this.#cleanupTimer = setInterval(
      () => void this.cleanUp(),
      CLEANUP_EVERY_MS,
    );
    this.#cleanupTimer.unref();
    await this.cleanUp();
    this.#wakeSoon();
  }

  /** Starts nothing more and waits for the mutations and actions that run. */
  async stop(): Promise<void> {
    this.#unsubscribe?.();
    this.#unsubscribe = null;
    if (this.#timer !== null) clearTimeout(this.#timer);
    if (this.#cleanupTimer !== null) clearInterval(this.#cleanupTimer);
    if (this.#immediate !== null) clearImmediate(this.#immediate);
    await Promise.allSettled(this.#running.values());
  }

  get runningJobs(): number {
    return this.#running.size;
  }

  /** Removes rows that ended more than 7 days ago, in batches. */
  async cleanUp(): Promise<void> {
    const beforeMs = this.#options.clock.now() - KEEP_ENDED_MS;
    for (const component of this.#options.components()) {
      let removed: number;
      do removed = await this.#removeEnded(component, beforeMs);
      while (removed === CLEANUP_BATCH);
    }
    await this.#removeSessionRequests(beforeMs);
  }

  async #removeSessionRequests(beforeMs: number): Promise<void> {
    const { database } = this.#options;
    const options = { beforeMs, limit: CLEANUP_BATCH };
    const read = () =>
      database.read((tx) => oldSessionRequests(tx, options)).value;
    for (let ids = read(); ids.length > 0; ids = read()) {
      const removed = ids;
      await database.write((tx) => {
        for (const id of removed) tx.system.remove("", "_session_requests", id);
      });
    }
  }

  async #removeEnded(
    component: ComponentPath,
    beforeMs: number,
  ): Promise<number> {
    const options = { beforeMs, limit: CLEANUP_BATCH };
    const found = this.#options.database.read((tx) =>
      endedJobs(tx, component, options),
    );
    if (found.value.length === 0) return 0;
    await this.#options.database.write((tx) => {
      for (const row of found.value) {
        tx.system.remove(component, "_scheduled_functions", row._id);
      }
    });
    return found.value.length;
  }

  async #failInterruptedActions(): Promise<void> {
    const { database } = this.#options;
    for (const component of this.#options.components()) {
      const left = database.read((tx) => jobsInProgress(tx, component)).value;
      const state = { kind: "failed", error: INTERRUPTED } as const;
      await Promise.all(
        left.map((row) => this.#jobs.setState({ component, row }, state)),
      );
    }
  }

  /** Not inside the commit that woke us: the database is in the middle of telling its listeners. */
  #wakeSoon(): void {
    this.#immediate ??= setImmediate(() => {
      this.#immediate = null;
      void this.#wake();
    });
  }

  async #wake(): Promise<void> {
    const nowMs = this.#options.clock.now();
    let nextMs = Infinity;
    for (const component of this.#options.components()) {
      nextMs = Math.min(nextMs, await this.#fireCrons(component, nowMs));
      nextMs = Math.min(nextMs, this.#startDue(component, nowMs));
    }
    this.#sleepUntil(nextMs);
  }

  /** Returns when the next cron of the component is due. */
  async #fireCrons(component: ComponentPath, nowMs: number): Promise<number> {
    const { database } = this.#options;
    const next = database.read((tx) => listCrons(tx, component)).value[0]
      ?.nextTime;
    if (next === undefined) return Infinity;
    if (next > nowMs) return next;
    await database.write((tx) => fireDueCrons(tx, component, nowMs));
    return nowMs;
  }

  /** Returns when the next job of the component is due that was not started now. */
  #startDue(component: ComponentPath, nowMs: number): number {
    const limit =
      this.#options.parallelism + this.#running.size + this.#notBefore.size + 1;
    const { value: rows } = this.#options.database.read((tx) =>
      pendingJobs(tx, component, limit),
    );
    let nextMs = Infinity;
    for (const row of rows) {
      const key = jobKey({ component, row });
      if (this.#running.has(key)) continue;
      const dueMs = Math.max(
        row.scheduledTime,
        this.#notBefore.get(key)?.at ?? 0,
      );
      if (dueMs > nowMs) nextMs = Math.min(nextMs, dueMs);
      else if (this.#running.size < this.#options.parallelism)
        this.#startJob({ component, row });
    }
    return nextMs;
  }

  #sleepUntil(timeMs: number): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    if (timeMs === Infinity || this.#unsubscribe === null) return;
    const delay = Math.min(
      MAX_TIMER_MS,
      Math.max(0, timeMs - this.#options.clock.now()),
    );
    this.#timer = setTimeout(() => this.#wakeSoon(), Math.ceil(delay));
  }

  #startJob(job: Job): void {
    const key = jobKey(job);
    const running = this.#run(job).finally(() => {
      this.#running.delete(key);
      if (this.#unsubscribe !== null) this.#wakeSoon();
    });
    this.#running.set(key, running);
  }

  async #run(job: Job): Promise<void> {
    const key = jobKey(job);
    if ((await this.#jobs.run(job)) === "postponed") this.#postpone(key);
    else this.#notBefore.delete(key);
  }

  #postpone(key: string): void {
    const tries = (this.#notBefore.get(key)?.tries ?? 0) + 1;
    const delay = Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** (tries - 1));
    this.#notBefore.set(key, { at: this.#options.clock.now() + delay, tries });
  }
}

function concernsScheduler(commit: Commit): boolean {
  for (const key of commit.keys.keys()) {
    if (
      key.endsWith(":by_state_and_time") ||
      key.endsWith("_crons:by_next_time")
    )
      return true;
  }
  return false;
}
