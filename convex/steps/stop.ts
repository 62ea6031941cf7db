import type { StopStep } from "../language/graph";
import type { Begun, StepContext } from "./stepBegin";

/** Ends the run as completed, wherever in it the step stands. */
export async function beginStop(step: StepContext<StopStep>): Promise<Begun> {
  if (!step.node.hasOutput) return { kind: "stop", output: null };
  const result = await step.evaluate("output");
  if (result.kind === "failed") return result;
  return { kind: "stop", output: result.value };
}
