import type { CodeStep } from "../language/graph";
import type { Begun, StepContext } from "./stepBegin";

/** Runs in the turn's transaction: exactly once (E3). */
export async function beginCode(step: StepContext<CodeStep>): Promise<Begun> {
  const result = await step.evaluate("run");
  if (result.kind === "failed") return result;
  return { kind: "completed", output: result.value };
}
