/** Effects that nobody executes any more. */
import type { StepFields } from "../../model/stepFields";
import { beginAttempt } from "../flow/stepControls";
import { takeTurn } from "../flow/turn";
import type { TurnState } from "../flow/turnState";

/** Nobody knows whether the effect happened: it is tried again, which does not count against `maxAttempts`. */
export async function interruptStep(
  turn: TurnState,
  {
    key,
    attempt,
    interrupted,
  }: Pick<StepFields, "key" | "attempt" | "interrupted">,
): Promise<void> {
  turn.log.add({ type: "attempt", key, attempt, status: "interrupted" });
  await turn.change(key, { interrupted: interrupted + 1 });
  await takeTurn(turn, await beginAttempt(turn, key));
}
