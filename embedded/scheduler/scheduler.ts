/**
 * Runs scheduled functions and crons when they are due.
 *
 * Invariants:
 * - Those of `JobRunner`. Rows found `inProgress` at start belong to actions that died with the process.
 * - `#running` holds what this process has started; a row in it is never started again.
 * - A disk that refuses writes stops nothing for good: whatever could not be stored is tried again every few seconds.
 */
import type { Commit, ComponentPath, Database } from "../database/types";
import { serverLog } from "../telemetry/server-log";
import { fireDueCrons, listCrons } from "./cron-rows";
import { jobsInProgress, pendingJobs } from "./due-jobs";
import { History } from "./history";
import {
  type Job,
  jobKey,
  JobRunner,
  type JobRunnerOptions,
} from "./job-runner";

const CLEANUP_EVERY_MS = 3600 * 1000;
const MAX_COUNTED = 1000;
/** Timers beyond this fire at once in Node. */
const MAX_TIMER_MS = 2 ** 31 - 1;
const FIRST_RETRY_MS = 500;
const LAST_RETRY_MS = 2 * 3600 * 1000;
/** While the disk refuses: soon enough after it takes writes again. */
const STORE_AGAIN_MS = 2_000;
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
  /** Actions that died with the last process and are not recorded as failed yet. */
  #interrupted: Job[] = [];
  readonly #history: History;
  #cleaning: Promise<void> | null = null;
  #timer: NodeJS.Timeout | null = null;
  #cleanupTimer: NodeJS.Timeout | null = null;
  #immediate: NodeJS.Immediate | null = null;
  #unsubscribe: (() => void) | null = null;
  #isLooking = false;

  constructor(options: SchedulerOptions) {
    this.#options = options;
    this.#jobs = new JobRunner(options);
    this.#history = new History(options);
  }

  /** What was interrupted is recorded when this resolves, if the disk takes it. */
  async start(): Promise<void> {
    this.#interrupted = this.#allInProgress();
    await this.#failInterrupted();
    this.#unsubscribe = this.#options.database.onCommit((commit) => {
      if (concernsScheduler(commit)) this.#wakeSoon();
    });
    this.#cleanupTimer = setInterval(() => this.#cleanUp(), CLEANUP_EVERY_MS);
    this.#cleanupTimer.unref();
    this.#cleanUp();
    this.#wakeSoon();
  }

  /** Starts nothing more and waits for the mutations and actions that run. */
  async stop(): Promise<void> {
    this.#unsubscribe?.();
    this.#unsubscribe = null;
    if (this.#timer !== null) clearTimeout(this.#timer);
    if (this.#cleanupTimer !== null) clearInterval(this.#cleanupTimer);
    if (this.#immediate !== null) clearImmediate(this.#immediate);
    this.#history.stop();
    await Promise.allSettled([...this.#running.values(), this.#cleaning]);
  }

  /** Jobs that run, and jobs that are due but wait: counted up to a thousand in each component. */
  load(): { running: number; due: number } {
    const { components, database, clock } = this.#options;
    const limit = MAX_COUNTED + this.#running.size;
    const nowMs = clock.now();
    const waits = (job: Job) =>
      job.row.scheduledTime <= nowMs && !this.#running.has(jobKey(job));
    const due = components().map((component) => {
      const rows = database.read((tx) => pendingJobs(tx, component, limit));
      return rows.value.filter((row) => waits({ component, row })).length;
    });
    return {
      running: this.#running.size,
      due: due.reduce((sum, count) => sum + count, 0),
    };
  }

  #allInProgress(): Job[] {
    const { components, database } = this.#options;
    return components().flatMap((component) =>
      database
        .read((tx) => jobsInProgress(tx, component))
        .value.map((row) => ({ component, row })),
    );
  }

  /** Those that cannot be recorded stay for the next time. */
  async #failInterrupted(): Promise<void> {
    const state = { kind: "failed", error: INTERRUPTED } as const;
    const jobs = this.#interrupted;
    const results = await Promise.allSettled(
      jobs.map((job) => this.#jobs.setState(job, state)),
    );
    this.#interrupted = jobs.filter(
      (_, index) => results[index]?.status === "rejected",
    );
  }

  #cleanUp(): void {
    const longAgo = this.#options.clock.now() - CLEANUP_EVERY_MS;
    for (const [key, { at }] of this.#notBefore)
      if (at < longAgo && !this.#running.has(key)) this.#notBefore.delete(key);
    this.#cleaning ??= this.#history
      .cleanUp()
      .catch((error: unknown) =>
        serverLog.error("Old history could not be removed", error),
      )
      .finally(() => (this.#cleaning = null));
  }

  /** Not inside the commit that woke us: the database is in the middle of telling its listeners. */
  #wakeSoon(): void {
    this.#immediate ??= setImmediate(() => {
      this.#immediate = null;
      void this.#wake();
    });
  }

  /** One look at a time: an older one that ended last would sleep past what the newer one has seen. */
  async #wake(): Promise<void> {
    if (this.#isLooking) return this.#wakeSoon();
    this.#isLooking = true;
    const nextMs = await this.#look().catch((error: unknown) => {
      serverLog.error("What is scheduled could not be read", error);
      return this.#later();
    });
    this.#isLooking = false;
    this.#sleepUntil(nextMs);
  }

  /** Starts what is due; returns when there will be more. */
  async #look(): Promise<number> {
    const nowMs = this.#options.clock.now();
    let nextMs = Infinity;
    if (this.#interrupted.length > 0) {
      await this.#failInterrupted();
      if (this.#interrupted.length > 0) nextMs = this.#later();
    }
    for (const component of this.#options.components()) {
      if (this.#unsubscribe === null) return Infinity;
      nextMs = Math.min(nextMs, await this.#fireCrons(component, nowMs));
      if (this.#unsubscribe === null) return Infinity;
      nextMs = Math.min(nextMs, this.#startDue(component, nowMs));
    }
    return nextMs;
  }

  #later(): number {
    return this.#options.clock.now() + STORE_AGAIN_MS;
  }

  /** Returns when the next cron of the component is due. */
  async #fireCrons(component: ComponentPath, nowMs: number): Promise<number> {
    const { database } = this.#options;
    const next = database.read((tx) => listCrons(tx, component)).value[0]
      ?.nextTime;
    if (next === undefined) return Infinity;
    if (next > nowMs) return next;
    return database
      .write((tx) => fireDueCrons(tx, component, nowMs))
      .then(
        () => nowMs,
        () => this.#later(),
      );
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
    const end = await this.#jobs.run(job).catch(() => "unstored" as const);
    if (end === "ended") this.#notBefore.delete(key);
    else if (end === "postponed") this.#postpone(key);
    else this.#notBefore.set(key, { at: this.#later(), tries: 0 });
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
