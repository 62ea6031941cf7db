import type { StepError } from "../../validators/steps";
import { decideRetry } from "./backoff";
import { failStep } from "./stepEnds";
import { startTimer } from "./timerRequests";
import { nodeAt, type Work } from "./transitions";
import type { TurnState } from "./turnState";

/** What the failure of an attempt leads to: another one later, or the step's own failure. */
export async function retryOrFail(
  turn: TurnState,
  key: string,
  failure: { error: StepError; retryAfterMs: number | null },
): Promise<Work[]> {
  const node = nodeAt(turn.graph, key);
  const step = await turn.step(key);
  const decision = decideRetry(node.retry, {
    counted: step.attempt - step.interrupted,
    retryable: failure.error.retryable,
    retryAfterMs: failure.retryAfterMs,
    now: turn.now,
    firstStartedAt: step.startedAt ?? step.createdAt,
    deadline: node.timeoutMs === null ? null : step.createdAt + node.timeoutMs,
    random: Math.random(),
  });
  if (decision.kind === "giveUp")
    return await failStep(turn, key, failure.error);
  const { name, message } = failure.error;
  const error = { name, message: message.slice(0, 200) };
  await turn.change(key, {
    state: { kind: "retrying", nextRetryAt: decision.at, error },
  });
  await startTimer(turn, decision.at, {
    kind: "retry",
    key,
    attempt: step.attempt,
  });
  return [];
}
