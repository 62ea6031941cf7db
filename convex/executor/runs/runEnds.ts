/** The ends that a run itself comes to. `cancelRun.ts` and `stopRun.ts` have those that somebody or a step asks for. */
import type { StepError } from "../../validators/steps";
import { cancelAll } from "../flow/cancelInside";
import { evaluateOutput } from "../flow/stepScope";
import { storedError, summaryOf } from "../flow/storedError";
import { isRunEnded } from "../flow/transitions";
import type { TurnState } from "../flow/turnState";
import { beginFailing, endFailing, hasOnFailure } from "./failing";

export async function completeRun(turn: TurnState): Promise<void> {
  if (turn.run.failing !== undefined) return await endFailing(turn, null);
  const result = turn.graph.hasOutput ? await evaluateOutput(turn) : null;
  if (result?.kind === "failed") return await failRun(turn, null, result.error);
  turn.setRun({
    state: { kind: "completed" },
    endedAt: turn.now,
    output: result === null ? null : await turn.values.store(result.value),
    backlog: [],
  });
}

export async function failRun(
  turn: TurnState,
  stepKey: string | null,
  error: StepError,
): Promise<void> {
  if (isRunEnded(turn.run.state)) return;
  if (turn.run.failing !== undefined) return await endFailing(turn, error);
  if (hasOnFailure(turn)) return await beginFailing(turn, stepKey, error);
  turn.setRun({
    state: { kind: "failed", error: summaryOf(error, stepKey) },
    error: storedError(error),
    endedAt: turn.now,
    backlog: [],
  });
  await cancelAll(turn);
}
