import type { FailStep } from "../language/graph";
import { type Begun, type StepContext } from "./stepBegin";

/** Ends the run as failed, unless something around it goes on after errors. */
export async function beginFail(step: StepContext<FailStep>): Promise<Begun> {
  const { message } = step.node;
  if (message !== null) return { kind: "failed", error: failedBy(message) };
  const result = await step.evaluate("message");
  if (result.kind === "failed") return result;
  const text =
    typeof result.value === "string"
      ? result.value
      : JSON.stringify(result.value);
  return { kind: "failed", error: failedBy(text) };
}

function failedBy(message: string) {
  return {
    name: "WorkflowFailed",
    message,
    code: "failed_by_step",
    retryable: false,
    frames: [],
  };
}
