import type { ConditionStep } from "../language/graph";
import type { Begun, StepContext } from "./stepBegin";

/** Truthy as JavaScript has it. */
export async function beginCondition(
  step: StepContext<ConditionStep>,
): Promise<Begun> {
  const result = await step.evaluate("if");
  if (result.kind === "failed") return result;
  return { kind: "branch", branch: result.value ? "then" : "else" };
}
