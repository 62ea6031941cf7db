/**
 * Runs scheduled functions and crons when they are due.
 *
 * Invariants:
 * - A mutation's row becomes `success` in the mutation's own transaction (the runtime does that), so it runs exactly
 *   once. Until then the row stays `pending`, and a restart simply runs it.
 * - An action's row becomes `inProgress` durably before it starts, so it runs at most once. Rows found `inProgress` at
 *   start belong to actions that died with the process.
 * - `#running` holds what this process has started; a row in it is never started again.
 */
import { randomBytes } from "node:crypto";
import type { Clock, Commit, ComponentPath, Database } from "../database/types";
import {
  getJob,
  isActive,
  type JobRow,
  type JobState,
  setJobState,
} from "../runtime/scheduled-jobs";
import type {
  ActionOutcome,
  FunctionCall,
  FunctionFailure,
  Runtime,
  UdfType,
} from "../runtime/types";
import { fireDueCrons, listCrons } from "./cron-rows";
import {
  endedJobs,
  jobsInProgress,
  oldSessionRequests,
  pendingJobs,
} from "./due-jobs";

const DAY_MS = 24 * 3600 * 1000;
const KEEP_ENDED_MS = 7 * DAY_MS;
const CLEANUP_EVERY_MS = 3600 * 1000;
const CLEANUP_BATCH = 500;
/** Timers beyond this fire at once in Node. */
const MAX_TIMER_MS = 2 ** 31 - 1;
const FIRST_RETRY_MS = 500;
const LAST_RETRY_MS = 2 * 3600 * 1000;
const INTERRUPTED = "Transient error while executing action";

export interface SchedulerOptions {
  database: Database;
  runtime: Pick<Runtime, "runMutation" | "runAction"> & {
    /** Null when there is no such function any more. */
    udfTypeOf(component: ComponentPath, path: string): UdfType | null;
  };
  components: () => ComponentPath[];
  clock: Clock;
  /** Jobs at the same time; Convex's default is 8. */
  parallelism: number;
}

type Job = { component: ComponentPath; row: JobRow };

export class Scheduler {
  readonly #options: SchedulerOptions;
  readonly #running = new Map<string, Promise<void>>();
  /** Jobs whose last try met a failure of ours: not before this time again. */
  readonly #notBefore = new Map<string, { at: number; tries: number }>();
  #timer: NodeJS.Timeout | null = null;
  #cleanupTimer: NodeJS.Timeout | null = null;
  #immediate: NodeJS.Immediate | null = null;
  #unsubscribe: (() => void) | null = null;

  constructor(options: SchedulerOptions) {
    this.#options = options;
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
        left.map((row) => this.#setState({ component, row }, state)),
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
    const type = this.#options.runtime.udfTypeOf(job.component, job.row.name);
    if (type === "Mutation") return this.#runMutation(job);
    if (type === "Action") return this.#runAction(job);
    await this.#setState(job, {
      kind: "failed",
      error: `Could not find function for '${job.row.name}'.`,
    });
  }

  async #runMutation(job: Job): Promise<void> {
    const outcome = await this.#options.runtime.runMutation(this.#call(job));
    const key = jobKey(job);
    if (outcome.kind === "ok") this.#notBefore.delete(key);
    else if (!this.#isActive(job)) this.#notBefore.delete(key);
    else if (outcome.system !== undefined) this.#postpone(key);
    else await this.#setState(job, failedState(outcome));
  }

  async #runAction(job: Job): Promise<void> {
    const started = await this.#setState(job, { kind: "inProgress" });
    if (!started) return;
    const outcome = await this.#options.runtime.runAction(this.#call(job));
    await this.#setState(job, endState(outcome));
  }

  #call(job: Job): FunctionCall {
    return {
      componentPath: job.component,
      path: job.row.name,
      args: job.row.args[0] ?? {},
      identity: { kind: "system" },
      caller: "Scheduler",
      requestId: randomBytes(8).toString("hex"),
      allowInternal: true,
      scheduledFunctionId: job.row._id,
    };
  }

  #postpone(key: string): void {
    const tries = (this.#notBefore.get(key)?.tries ?? 0) + 1;
    const delay = Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** (tries - 1));
    this.#notBefore.set(key, { at: this.#options.clock.now() + delay, tries });
  }

  #isActive(job: Job): boolean {
    const { value: row } = this.#options.database.read((tx) =>
      getJob(tx, job.component, job.row._id),
    );
    return row !== null && isActive(row.state);
  }

  /** False when the job has ended meanwhile (canceled): then nothing changes. */
  async #setState(job: Job, state: JobState): Promise<boolean> {
    const nowMs = this.#options.clock.now();
    const { value } = await this.#options.database.write((tx) => {
      const row = getJob(tx, job.component, job.row._id);
      if (row === null || !isActive(row.state)) return false;
      setJobState(tx, job.component, { row, state, nowMs });
      return true;
    });
    return value;
  }
}

function jobKey(job: Job): string {
  return `${job.component}:${job.row._id}`;
}

function endState(outcome: ActionOutcome): JobState {
  return outcome.kind === "ok" ? { kind: "success" } : failedState(outcome);
}

function failedState(failure: FunctionFailure): JobState {
  return { kind: "failed", error: failure.errorMessage };
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
