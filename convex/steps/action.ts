import type { Json } from "../language/evaluation";
import type { ActionStep } from "../language/graph";
import type { Begun, StepContext } from "./stepBegin";

const DEFAULT_TIMEOUT_MS = 5 * 60_000;

/** What the code reads is fixed in the turn, so that every attempt sees the same. */
export async function beginAction(
  step: StepContext<ActionStep>,
): Promise<Begun> {
  const scope = await step.scope();
  return {
    kind: "effect",
    effect: "action",
    // A scope is made of payloads, which are JSON.
    request: scope as unknown as Json,
    timeoutMs: step.node.timeoutMs ?? DEFAULT_TIMEOUT_MS,
  };
}
