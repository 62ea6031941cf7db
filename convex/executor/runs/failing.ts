/**
 * `onFailure` of a workflow. The transaction that decides that a run fails ends everything in it, as ever; the run itself
 * ends only after the steps of `onFailure`, whose row is a branch beside the others. They begin in a turn of their own, so
 * that nothing about them can undo the failure, and nothing that they come to changes it.
 */
import { ON_FAILURE } from "../../language/graph";
import type { StepError } from "../../validators/steps";
import { cancelAll, cancelInside, cancelStep } from "../flow/cancelInside";
import { childKey, rootOf } from "../flow/keys";
import { failedState, storedError, summaryOf } from "../flow/storedError";
import { ACTIVE_STEP_STATES, type Work } from "../flow/transitions";
import type { TurnState } from "../flow/turnState";

/** Not for a test of one step, which is about that step alone. */
export function hasOnFailure({ graph, run }: TurnState): boolean {
  return graph.onFailure !== undefined && run.onlyStep === undefined;
}

export async function beginFailing(
  turn: TurnState,
  stepKey: string | null,
  error: StepError,
): Promise<void> {
  const branch = turn.graph.onFailure;
  if (branch === undefined) throw new Error("There is no onFailure");
  const failing = summaryOf(error, stepKey);
  turn.setRun({ failing, error: storedError(error), backlog: [] });
  turn.log.add({ type: "failing", error: failing });
  const rest = await cutOff(turn);
  turn.addStep(ON_FAILURE, branch, {});
  const first = childKey(ON_FAILURE, branch.steps[0]?.name ?? "");
  turn.continuation = [...rest, { do: "start", key: first }];
}

/** What is still active is inside one step of the top block: the block's steps follow each other. */
async function cutOff(turn: TurnState): Promise<Work[]> {
  const [active] = await turn.stepsIn(ACTIVE_STEP_STATES, 1);
  if (active === undefined) return [];
  const root = rootOf(active.key);
  const step = await turn.step(root);
  const rest = await cancelInside(turn, root);
  await cancelStep(turn, step);
  return rest;
}

/** The run ends as failed with its own error; `error` is what `onFailure` failed with, if it did. */
export async function endFailing(
  turn: TurnState,
  error: StepError | null,
): Promise<void> {
  const { failing } = turn.run;
  if (failing === undefined) throw new Error("The run is not failing");
  if (error !== null)
    await turn.end(ON_FAILURE, failedState(error), {
      error: storedError(error),
    });
  turn.setRun({
    state: { kind: "failed", error: failing },
    endedAt: turn.now,
    backlog: [],
  });
  await cancelAll(turn);
}
