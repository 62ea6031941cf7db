import type { Json } from "../../language/evaluation";
import { cancelAll } from "../flow/cancelInside";
import { isIterationKey } from "../flow/keys";
import { recordIterationEnd } from "../flow/loops";
import { completeStep } from "../flow/stepEnds";
import { completedByStop, type Work } from "../flow/transitions";
import type { TurnState } from "../flow/turnState";
import { endFailing } from "./failing";

/** Ends the run early, as completed. */
export async function stopWith(
  turn: TurnState,
  key: string,
  output: Json,
): Promise<Work[]> {
  const work = await completeStep(turn, key, output);
  const step = await turn.step(key);
  if (step.state.kind !== "completed") return work;
  for (const around of completedByStop(turn.graph, key)) {
    await turn.end(around, { kind: "completed" });
    if (isIterationKey(around))
      await recordIterationEnd(turn, around, "completed");
  }
  if (turn.run.failing !== undefined) {
    await endFailing(turn, null);
    return [];
  }
  turn.setRun({
    state: { kind: "completed", stoppedBy: key },
    endedAt: turn.now,
    output: step.output,
    backlog: [],
  });
  await cancelAll(turn);
  return [];
}
