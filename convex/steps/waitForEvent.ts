import type { Json, StepError } from "../language/evaluation";
import type { WaitForEventStep } from "../language/graph";
import { validateJson } from "../language/jsonSchema";
import { type Begun, failed, type StepContext } from "./stepBegin";

/** What the data must have is asked once, so that it is the same however long the wait is. */
export async function beginWaitForEvent(
  step: StepContext<WaitForEventStep>,
): Promise<Begun> {
  const { node, now } = step;
  const until = node.timeoutMs === null ? null : now + node.timeoutMs;
  const wait = { event: node.event, match: null, until };
  if (!node.hasMatch) return { kind: "awaitEvent", wait };
  const result = await step.evaluate("match");
  if (result.kind === "failed") return result;
  const match = result.value;
  if (typeof match !== "object" || match === null || Array.isArray(match)) {
    return failed(
      "invalid_value",
      `match gave ${JSON.stringify(match).slice(0, 100)}; it must give an object with the fields that the event's data must have.`,
    );
  }
  return { kind: "awaitEvent", wait: { ...wait, match } };
}

export type ReceivedEvent = {
  id: string;
  name: string;
  at: number;
  data: Json;
};

export type EventOutcome =
  { kind: "completed"; output: Json } | { kind: "failed"; error: StepError };

/** What a step makes of the event it got. Data of another shape fails it. */
export function receive(
  node: WaitForEventStep,
  event: ReceivedEvent,
): EventOutcome {
  const { id, name } = event;
  const at = new Date(event.at).toISOString();
  if (node.dataSchema === null)
    return { kind: "completed", output: { id, name, at, data: event.data } };
  const result = validateJson(node.dataSchema, event.data, "data");
  if (result.ok)
    return { kind: "completed", output: { id, name, at, data: result.value } };
  const issue = result.issues[0]?.message ?? "it does not match the schema.";
  return {
    kind: "failed",
    error: eventError(
      "EventShapeError",
      "schema_mismatch",
      `The event ${name} came with data of another shape. ${issue}`,
    ),
  };
}

/** What a step makes of the end of its time. */
export function giveUp(node: WaitForEventStep): EventOutcome {
  if (node.onTimeout === "continue") return { kind: "completed", output: null };
  const seconds = (node.timeoutMs ?? 0) / 1000;
  const message = `The event ${node.event} did not come within the step's timeout of ${seconds} s.`;
  return {
    kind: "failed",
    error: eventError("TimeoutError", "timeout", message),
  };
}

function eventError(name: string, code: string, message: string): StepError {
  return { name, message, code, retryable: false, frames: [] };
}
