import type { Json } from "../language/evaluation";
import type { SwitchStep } from "../language/graph";
import { type Begun, failed, type StepContext } from "./stepBegin";

/** Nothing given, or a value that no case is called, takes the default; without one the flow goes on with nothing. */
export async function beginSwitch(
  step: StepContext<SwitchStep>,
): Promise<Begun> {
  const { node } = step;
  const result = await step.evaluate("on");
  if (result.kind === "failed") return result;
  const { value } = result;
  if (typeof value === "object" && value !== null) {
    return failed(
      "invalid_value",
      `on of switch "${node.label}" must give a text, a number or a boolean; it gave ${Array.isArray(value) ? "a list" : "an object"}.`,
    );
  }
  const taken = caseOf(node, value) ?? node.default;
  return taken === null
    ? { kind: "completed", output: { branch: "default", result: null } }
    : { kind: "enter", branches: [taken.name], branch: taken.name };
}

function caseOf(node: SwitchStep, value: Json) {
  return value === null
    ? undefined
    : node.cases.find(({ name }) => name === String(value));
}
