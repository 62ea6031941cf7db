import { findNode, type Graph } from "../language/graph";
import type { WholeStep } from "./stepFields";
import type { AttemptRow, StepRow } from "../validators/steps";

/** What the step tree shows. `graph` is of the run's version. */
export function toStepRow(step: WholeStep, graph: Graph): StepRow {
  return {
    key: step.key,
    parentKey: step.parentKey,
    sequence: step.sequence,
    kind: step.kind,
    label: step.label,
    state: step.state,
    attempt: step.attempt,
    maxAttempts: step.maxAttempts,
    createdAt: step.createdAt,
    startedAt: step.startedAt,
    endedAt: step.endedAt,
    source: sourceOf(step, graph),
    input: step.input,
    output: step.output,
    loop: step.loop,
    branch: step.branch,
    ...(step.reusedFrom === undefined ? {} : { reusedFrom: step.reusedFrom }),
    ...(step.pinned === undefined ? {} : { pinned: step.pinned }),
    ...(step.childRun === undefined ? {} : { childRun: step.childRun }),
  };
}

/** Where the step is defined; iterations are nowhere. */
function sourceOf({ key, kind }: WholeStep, graph: Graph): StepRow["source"] {
  return kind === "iteration" ? null : (findNode(graph, key)?.range ?? null);
}

/** The one attempt of a step that has no attempt rows; none before it has started. */
export function ownAttempt(step: WholeStep): AttemptRow[] {
  const status = attemptStatus(step);
  if (status === null || step.startedAt === null) return [];
  const { startedAt, endedAt, error, input, output } = step;
  const times = { startedAt, endedAt };
  return [{ number: 1, status, ...times, error, input, output }];
}

function attemptStatus({ state }: WholeStep): AttemptRow["status"] | null {
  switch (state.kind) {
    case "pending":
    case "skipped":
      return null;
    case "running":
    case "waiting":
      return "running";
    case "retrying":
      return "failed";
    case "completed":
    case "failed":
    case "cancelled":
      return state.kind;
  }
}
