/** Rows of `_scheduled_functions`: written by functions that schedule, by the scheduler and by executed mutations. */
import type { JSONValue } from "convex/values";
import type {
  ComponentPath,
  DocumentJson,
  Transaction,
} from "../database/types";
import { BackendError } from "../database/backend-error";

export type JobState =
  | { kind: "pending" | "inProgress" | "success" | "canceled" }
  | { kind: "failed"; error: string };
export interface JobRow extends DocumentJson {
  _id: string;
  name: string;
  args: JSONValue[];
  scheduledTime: number;
  state: JobState;
}

/** Touched by what gives the scheduler something to do. */
export const SCHEDULED = "scheduled";

const TABLE = "_scheduled_functions";
const FIVE_YEARS_MS = 5 * 365 * 24 * 3600 * 1000;

export function insertJob(
  tx: Transaction,
  component: ComponentPath,
  job: {
    name: string;
    args: JSONValue;
    scheduledTime: number;
    nowMs: number;
    state?: JobState;
  },
): string {
  const distance = job.scheduledTime - job.nowMs;
  if (!(Math.abs(distance) <= FIVE_YEARS_MS)) {
    const direction = distance > 0 ? "future" : "past";
    throw new BackendError(
      "InvalidScheduledFunctionDelay",
      `${job.scheduledTime} is more than 5 years in the ${direction}`,
    );
  }
  const state = job.state ?? { kind: "pending" };
  if (state.kind === "pending") tx.touch(SCHEDULED);
  const completed =
    state.kind === "canceled" ? { completedTime: job.nowMs } : {};
  const row = {
    name: job.name,
    args: [job.args],
    scheduledTime: job.scheduledTime,
    state,
    ...completed,
  };
  return tx.system.insert(component, TABLE, row);
}

export function getJob(
  tx: Transaction,
  component: ComponentPath,
  id: string,
): JobRow | null {
  return tx.system.get(component, TABLE, id) as JobRow | null;
}

export function setJobState(
  tx: Transaction,
  component: ComponentPath,
  job: { row: JobRow; state: JobState; nowMs: number },
): void {
  const { _id, _creationTime, ...fields } = job.row;
  const ended = job.state.kind !== "pending" && job.state.kind !== "inProgress";
  const completed = ended ? { completedTime: job.nowMs } : {};
  tx.system.replace(component, TABLE, _id, {
    ...fields,
    state: job.state,
    ...completed,
  });
}

/** Pending and running jobs become canceled; ended ones stay as they are. */
export function cancelJob(
  tx: Transaction,
  component: ComponentPath,
  id: string,
  nowMs: number,
): void {
  const row = getJob(tx, component, id);
  if (row === null || !isActive(row.state)) return;
  setJobState(tx, component, { row, state: { kind: "canceled" }, nowMs });
}

export function isActive(state: JobState): boolean {
  return state.kind === "pending" || state.kind === "inProgress";
}
