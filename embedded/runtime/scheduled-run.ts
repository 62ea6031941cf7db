/** A scheduled mutation's row changes state in the mutation's own transaction, so it runs exactly once. */
import type { ComponentPath } from "../database/types";
import { FunctionError } from "./errors";
import type { Execution } from "./execution";
import {
  getJob,
  isActive,
  type JobRow,
  type JobState,
  setJobState,
} from "./scheduled-jobs";

/** Both do nothing for an execution that was not scheduled. */
export function markStarted(
  execution: Execution,
  component: ComponentPath,
): void {
  if (execution.scheduledFunctionId === null) return;
  const row = activeJob(execution, component);
  if (row === null) throw new JobSuperseded();
  setState(execution, component, row, { kind: "inProgress" });
}

export function markSucceeded(
  execution: Execution,
  component: ComponentPath,
): void {
  const row = activeJob(execution, component);
  if (row !== null) setState(execution, component, row, { kind: "success" });
}

function activeJob(
  { tx, scheduledFunctionId }: Execution,
  component: ComponentPath,
): JobRow | null {
  if (scheduledFunctionId === null) return null;
  const row = getJob(tx, component, scheduledFunctionId);
  return row !== null && isActive(row.state) ? row : null;
}

function setState(
  { tx, nowMs }: Execution,
  component: ComponentPath,
  row: JobRow,
  state: JobState,
): void {
  setJobState(tx, component, { row, state, nowMs });
}

/** The job was canceled, or already ran: there is nothing to do and nothing to report. */
export class JobSuperseded extends FunctionError {
  constructor() {
    super("The scheduled function is no longer pending");
  }
}
