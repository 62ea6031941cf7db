/**
 * Runs scheduled functions and crons when they are due.
 *
 * Invariants:
 * - Those of `JobRunner`. Rows found `inProgress` at start belong to actions that died with the process.
 * - A look is one transaction: it fires crons and claims actions, and joins the group of the commit that asked for it,
 *   so that what is scheduled for now costs no further fsync. Nothing starts before that group is on disk.
 * - `#running` holds what this process has started; a row in it is never started again.
 * - A disk that refuses writes stops nothing for good: whatever could not be stored is tried again every few seconds.
 */
import { LostGroup } from "../database/lost-group";
import type { ComponentPath, Database, Transaction } from "../database/types";
import { SCHEDULED } from "../runtime/scheduled-jobs";
import { StorageError } from "../storage/storage-error";
import { serverLog } from "../telemetry/server-log";
import { fireDueCrons, nextCronTime } from "./cron-rows";
import { jobsInProgress, pendingJobs } from "./due-jobs";
import { History } from "./history";
import {
  type Job,
  type JobEnd,
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

/** `isClaimed`: an action, which is `inProgress` once the look that found it is on disk. */
type Due = { job: Job; isClaimed: boolean };
type Found = { due: Due[]; isCrowded: boolean; nextMs: number };
type Look = { component: ComponentPath; nowMs: number; found: Found };

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
  #wakesAt = Infinity;
  #cleanupTimer: NodeJS.Timeout | null = null;
  #unsubscribe: (() => void) | null = null;
  #isWaking = false;
  /** Something was due that had to wait until fewer run. */
  #isCrowded = false;

  constructor(options: SchedulerOptions) {
    this.#options = options;
    this.#jobs = new JobRunner(options);
    this.#history = new History(options);
  }

  /** What was interrupted is recorded when this resolves, if the disk takes it. */
  async start(): Promise<void> {
    this.#interrupted = this.#allInProgress();
    await this.#failInterrupted();
    this.#unsubscribe = this.#options.database.onJoined((tags) => {
      if (tags.has(SCHEDULED)) this.#wakeSoon();
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

  /** After what has woken us, and what is ready with it; still in time for the group that those join. */
  #wakeSoon(): void {
    if (this.#isWaking) return;
    process.nextTick(() => {
      this.#isWaking = false;
      void this.#wake();
    });
    this.#isWaking = true;
  }

  async #wake(): Promise<void> {
    if (this.#unsubscribe === null) return;
    const nextMs = await this.#look().catch((error: unknown) => {
      serverLog.error("What is scheduled could not be started", error);
      return this.#later();
    });
    this.#sleepUntil(nextMs);
  }

  /** Starts what is due; returns when there will be more. */
  async #look(): Promise<number> {
    let nextMs = Infinity;
    if (this.#interrupted.length > 0) {
      await this.#failInterrupted();
      if (this.#interrupted.length > 0) nextMs = this.#later();
    }
    if (this.#unsubscribe === null) return Infinity;
    return Math.min(nextMs, await this.#startDue());
  }

  #later(): number {
    return this.#options.clock.now() + STORE_AGAIN_MS;
  }

  /** Returns when the next cron or job is due that was not started now. */
  async #startDue(): Promise<number> {
    const { components, clock, database } = this.#options;
    const found: Found = { due: [], isCrowded: false, nextMs: Infinity };
    const nowMs = clock.now();
    const claimed = database.write((tx) => {
      for (const component of components())
        this.#claimDue(tx, { component, nowMs, found });
    });
    this.#isCrowded = found.isCrowded;
    for (const due of found.due) this.#startJob(due, claimed);
    return (await isStored(claimed)) ? found.nextMs : this.#later();
  }

  /** Crons that are due become jobs; actions that are due are claimed. */
  #claimDue(tx: Transaction, { component, nowMs, found }: Look): void {
    if ((nextCronTime(tx, component) ?? Infinity) <= nowMs)
      fireDueCrons(tx, component, nowMs);
    const nextCron = nextCronTime(tx, component) ?? Infinity;
    found.nextMs = Math.min(found.nextMs, nextCron);
    for (const row of pendingJobs(tx, component, this.#limit)) {
      const job = { component, row };
      const dueMs = this.#dueMs(job);
      if (dueMs === null) continue;
      if (dueMs > nowMs) found.nextMs = Math.min(found.nextMs, dueMs);
      else if (
        this.#running.size + found.due.length >=
        this.#options.parallelism
      )
        found.isCrowded = true;
      else found.due.push({ job, isClaimed: this.#jobs.claim(tx, job) });
    }
  }

  /** Rows that show whether there are more jobs than may run. */
  get #limit(): number {
    const { parallelism } = this.#options;
    return parallelism + this.#running.size + this.#notBefore.size + 1;
  }

  /** Null for one that runs. */
  #dueMs(job: Job): number | null {
    const key = jobKey(job);
    if (this.#running.has(key)) return null;
    return Math.max(job.row.scheduledTime, this.#notBefore.get(key)?.at ?? 0);
  }

  /** Looks may overlap: the earliest time that one of them has asked for stays. A look too many does no harm. */
  #sleepUntil(timeMs: number): void {
    if (timeMs >= this.#wakesAt || this.#unsubscribe === null) return;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#wakesAt = timeMs;
    const delay = Math.min(
      MAX_TIMER_MS,
      Math.max(0, timeMs - this.#options.clock.now()),
    );
    this.#timer = setTimeout(() => {
      this.#wakesAt = Infinity;
      this.#wakeSoon();
    }, Math.ceil(delay));
  }

  /** Nothing comes of a look that was not stored: it may have found what is not there, and there will be another. */
  #startJob(due: Due, claimed: Promise<unknown>): void {
    const key = jobKey(due.job);
    const running = claimed.then(
      () => this.#run(due),
      () => "unclaimed" as const,
    );
    this.#running.set(
      key,
      running.then((end) => {
        this.#running.delete(key);
        if (end === "unclaimed") return;
        if (end !== "ended" || this.#isCrowded) this.#wakeSoon();
      }),
    );
  }

  async #run({ job, isClaimed }: Due): Promise<JobEnd> {
    const key = jobKey(job);
    const running = isClaimed
      ? this.#jobs.runClaimed(job)
      : this.#jobs.run(job);
    const end = await running.catch(() => "unstored" as const);
    if (end === "ended") this.#notBefore.delete(key);
    else if (end === "postponed") this.#postpone(key);
    else this.#notBefore.set(key, { at: this.#later(), tries: 0 });
    return end;
  }

  #postpone(key: string): void {
    const tries = (this.#notBefore.get(key)?.tries ?? 0) + 1;
    const delay = Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** (tries - 1));
    this.#notBefore.set(key, { at: this.#options.clock.now() + delay, tries });
  }
}

function isStored(written: Promise<unknown>): Promise<boolean> {
  return written.then(
    () => true,
    (error: unknown) => {
      if (error instanceof StorageError || error instanceof LostGroup)
        return false;
      throw error;
    },
  );
}
