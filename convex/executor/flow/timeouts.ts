/** Time that is up: of a run, and of a step around others, which is cut off with everything inside it. */
import type { StepError } from "../../validators/steps";
import { cancelInside } from "./cancelInside";
import { cancelChildOf } from "../runs/childRunRequests";
import { failRun } from "../runs/runEnds";
import { failStep } from "./stepEnds";
import { isStepEnded, nodeAt } from "./transitions";
import { takeTurn } from "./turn";
import type { TurnState } from "./turnState";

export async function timeOutStep(turn: TurnState, key: string): Promise<void> {
  const step = await turn.step(key);
  if (isStepEnded(step.state)) return;
  const { timeoutMs } = nodeAt(turn.graph, key);
  const error = timeoutError(
    `The step took longer than its timeout`,
    timeoutMs,
  );
  if (step.state.kind === "waiting" && step.state.for === "run")
    await cancelChildOf(turn, step);
  const rest = await cancelInside(turn, key);
  await takeTurn(turn, [...rest, ...(await failStep(turn, key, error))]);
}

/** A run that has failed already is not failed again: `onFailure` has the timeouts of its own steps. */
export async function timeOutRun(turn: TurnState): Promise<void> {
  if (turn.run.failing !== undefined) return;
  const { timeoutMs } = turn.graph;
  const error = timeoutError("The run took longer than its timeout", timeoutMs);
  await failRun(turn, null, error);
  await takeTurn(turn, []);
}

function timeoutError(what: string, timeoutMs: number | null): StepError {
  return {
    name: "TimeoutError",
    message: `${what} of ${(timeoutMs ?? 0) / 1000} s.`,
    code: "timeout",
    retryable: false,
    frames: [],
  };
}
