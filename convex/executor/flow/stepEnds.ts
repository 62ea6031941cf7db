/** A step's last state, and what follows from it. */
import type { Json } from "../../language/evaluation";
import { MAX_PAYLOAD_BYTES, utf8Bytes } from "../../model/payloads";
import { failure } from "../../steps/stepBegin";
import type { EventOutcome } from "../../steps/waitForEvent";
import type { StepError } from "../../validators/steps";
import { cancelInside } from "./cancelInside";
import { isIterationKey } from "./keys";
import { recordIterationEnd } from "./loops";
import { failRun } from "../runs/runEnds";
import { failedState, storedError } from "./storedError";
import { routeFailure, type Work } from "./transitions";
import type { TurnState } from "./turnState";

/** Completes a step with an output and says what follows. */
export async function completeStep(
  turn: TurnState,
  key: string,
  output: Json,
): Promise<Work[]> {
  const json = JSON.stringify(output);
  if (
    json.length > MAX_PAYLOAD_BYTES / 3 &&
    utf8Bytes(json) > MAX_PAYLOAD_BYTES
  ) {
    return await failStep(
      turn,
      key,
      failure(
        "payload_too_large",
        "The output is larger than 16 MiB. Keep large data elsewhere and pass a reference to it.",
      ),
    );
  }
  const ended = await turn.end(
    key,
    { kind: "completed" },
    { output: await turn.values.store(output, json) },
  );
  return ended ? [{ do: "advance", key }] : [];
}

/** The step has failed for good: what is around it fails with it, up to whatever goes on after errors. */
export async function failStep(
  turn: TurnState,
  key: string,
  error: StepError,
): Promise<Work[]> {
  const state = failedState(error);
  if (!(await turn.end(key, state, { error: storedError(error) }))) return [];
  if (turn.run.onlyStep === key) {
    await failRun(turn, key, error);
    return [];
  }
  const { failed, route } = routeFailure(turn.graph, key);
  for (const container of failed) await failContainer(turn, container, error);
  switch (route.kind) {
    case "continueAfter":
      return failed.length > 0
        ? await cutOff(turn, route.key)
        : [{ do: "advance", key: route.key }];
    case "skipIteration":
      return await cutOff(turn, route.iteration);
    case "loseRace":
      return await cutOff(turn, route.branch);
    case "failRun":
      await failRun(turn, key, error);
      return [];
  }
}

/** The flow goes on after `key`, and nothing inside it does. */
async function cutOff(turn: TurnState, key: string): Promise<Work[]> {
  return [...(await cancelInside(turn, key)), { do: "advance", key }];
}

async function failContainer(
  turn: TurnState,
  key: string,
  error: StepError,
): Promise<void> {
  const ended = await turn.end(key, failedState(error), {
    error: storedError(error),
  });
  if (ended && isIterationKey(key))
    await recordIterationEnd(turn, key, "failed");
}

export async function applyOutcome(
  turn: TurnState,
  key: string,
  outcome: EventOutcome,
): Promise<Work[]> {
  return outcome.kind === "completed"
    ? await completeStep(turn, key, outcome.output)
    : await failStep(turn, key, outcome.error);
}
