import type { Json } from "../language/evaluation";
import type { FailStep } from "../language/graph";
import { type Begun, type StepContext } from "./stepBegin";

/** Ends the run as failed, unless something around it goes on after errors. */
export async function beginFail(step: StepContext<FailStep>): Promise<Begun> {
  const { message } = step.node;
  if (message !== null) return { kind: "failed", error: failedBy(message) };
  const result = await step.evaluate("message");
  if (result.kind === "failed") return result;
  return { kind: "failed", error: failedBy(textOf(step.node, result.value)) };
}

function textOf({ name }: FailStep, value: Json): string {
  if (value === null || value === "")
    return `The step "${name}" ended the run, and its message gave nothing.`;
  return typeof value === "string" ? value : JSON.stringify(value);
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
