/**
 * Runs one scheduled function, whenever that is. Invariants:
 * - A mutation's row becomes `success` in the mutation's own transaction (the runtime does that), so it runs exactly
 *   once. Until then the row stays `pending`, and a restart simply runs it.
 * - An action's row becomes `inProgress` durably before it starts, so it runs at most once. How it ended is recorded
 *   again and again until the disk takes it.
 */
import { randomBytes } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { LostGroup } from "../database/lost-group";
import type {
  Clock,
  ComponentPath,
  Database,
  Transaction,
} from "../database/types";
import { StorageError } from "../storage/storage-error";
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

export interface JobRunnerOptions {
  database: Pick<Database, "read" | "write">;
  runtime: Pick<Runtime, "runMutation" | "runAction"> & {
    /** Null when there is no such function any more. */
    udfTypeOf(component: ComponentPath, path: string): UdfType | null;
  };
  clock: Clock;
}
export type Job = { component: ComponentPath; row: JobRow };
/** `postponed`: the failure was ours, so the row is still pending; `unstored`: the disk refused what it wrote. */
export type JobEnd = "ended" | "postponed" | "unstored";

const STORE_AGAIN_MS = 2_000;

export class JobRunner {
  readonly #options: JobRunnerOptions;

  constructor(options: JobRunnerOptions) {
    this.#options = options;
  }

  /** Rejects when the disk refuses the job's state. */
  async run(job: Job): Promise<JobEnd> {
    const type = this.#options.runtime.udfTypeOf(job.component, job.row.name);
    if (type === "Mutation") return this.#runMutation(job);
    if (type === "Action") return this.#runAction(job);
    await this.setState(job, missingFunction(job));
    return "ended";
  }

  /** For actions, which `runClaimed` may run once this is on disk. False for anything else. */
  claim(tx: Transaction, { component, row }: Job): boolean {
    const { clock, runtime } = this.#options;
    if (runtime.udfTypeOf(component, row.name) !== "Action") return false;
    const state = { kind: "inProgress" } as const;
    setJobState(tx, component, { row, state, nowMs: clock.now() });
    return true;
  }

  async runClaimed(job: Job): Promise<JobEnd> {
    const outcome = await this.#options.runtime.runAction(callOf(job));
    await this.#recordEnd(job, endState(outcome));
    return "ended";
  }

  async #runMutation(job: Job): Promise<JobEnd> {
    const outcome = await this.#options.runtime.runMutation(callOf(job));
    if (outcome.kind === "ok" || !this.#isActive(job)) return "ended";
    if (outcome.isUnstored === true) return "unstored";
    if (outcome.system !== undefined) return "postponed";
    await this.setState(job, failedState(outcome));
    return "ended";
  }

  async #runAction(job: Job): Promise<JobEnd> {
    const started = await this.setState(job, { kind: "inProgress" });
    return started ? this.runClaimed(job) : "ended";
  }

  async #recordEnd(job: Job, state: JobState): Promise<void> {
    for (;;) {
      try {
        await this.setState(job, state);
        return;
      } catch (error) {
        if (error instanceof LostGroup) continue;
        if (!(error instanceof StorageError)) throw error;
        await pause(STORE_AGAIN_MS, null, { ref: false });
      }
    }
  }

  #isActive(job: Job): boolean {
    const { value: row } = this.#options.database.read((tx) =>
      getJob(tx, job.component, job.row._id),
    );
    return row !== null && isActive(row.state);
  }

  /** False when the job has ended meanwhile (canceled): then nothing changes. */
  async setState(job: Job, state: JobState): Promise<boolean> {
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

export function jobKey(job: Job): string {
  return `${job.component}:${job.row._id}`;
}

function callOf(job: Job): FunctionCall {
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

function missingFunction(job: Job): JobState {
  const error = `Could not find function for '${job.row.name}'.`;
  return { kind: "failed", error };
}

function endState(outcome: ActionOutcome): JobState {
  return outcome.kind === "ok" ? { kind: "success" } : failedState(outcome);
}

function failedState(failure: FunctionFailure): JobState {
  return { kind: "failed", error: failure.errorMessage };
}
