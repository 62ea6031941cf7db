import type { RunState } from "../../../convex/validators/runs";
import type { StepRow } from "../../../convex/validators/steps";
import { isActive } from "../../lib/run-status";

/** The row of the run itself: its input, output and error. */
export const RUN_KEY = "$run";

/** What is selected when the address names no step: the failure, else what is going on, else the run. */
export function openingStep(state: RunState, root: readonly StepRow[]): string {
  switch (state.kind) {
    case "failed":
      return state.error.stepKey ?? RUN_KEY;
    case "waiting":
      return state.stepKey;
    case "running":
    case "queued":
      return newestActive(root)?.key ?? RUN_KEY;
    case "completed":
    case "cancelled":
      return RUN_KEY;
  }
}

function newestActive(rows: readonly StepRow[]): StepRow | undefined {
  return rows
    .filter((row) => isActive(row.state))
    .reduce<StepRow | undefined>(
      (newest, row) =>
        (newest?.startedAt ?? -1) > (row.startedAt ?? 0) ? newest : row,
      undefined,
    );
}
