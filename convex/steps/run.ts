import type { Json } from "../language/evaluation";
import type { RunStep } from "../language/graph";
import type { StepError } from "../validators/steps";
import { type Begun, failure, type StepContext } from "./stepBegin";

export const MAX_RUN_DEPTH = 8;

/** The input is made once: every attempt starts a run with the same. */
export async function beginRun(step: StepContext<RunStep>): Promise<Begun> {
  const { node } = step;
  // The compiler recorded it from JSON.
  if (!node.hasInput) return { kind: "startRun", input: node.input as Json };
  const result = await step.evaluate("input");
  if (result.kind === "failed") return result;
  return { kind: "startRun", input: result.value };
}

/** The run could not be started; another attempt would not change that. */
export function notStarted(
  node: RunStep,
  { code, message }: { code: string; message: string },
): StepError {
  const { range, workflow } = node;
  const frames =
    range === null
      ? []
      : [{ fn: "run", line: range.line, column: range.column }];
  return {
    ...failure(code, `"${workflow}" could not be started: ${message}`),
    name: "RunStartError",
    frames,
  };
}

export function nestedTooDeep(node: RunStep): StepError {
  return notStarted(node, {
    code: "nested_too_deep",
    message: `runs start each other at most ${MAX_RUN_DEPTH} deep, and this one is ${MAX_RUN_DEPTH} deep already.`,
  });
}

/** Nobody can say what came of it, so it is not tried again. */
export function childMissing(child: ChildRun): StepError {
  const what = "is gone: it was deleted while this step waited for it.";
  return childError(child, "child_missing", what);
}

type ChildRun = { number: number; workflowName: string };

/** Of runs that failed one inside the other, the first to fail says why; the others only say which run it was. */
export function childFailed(child: ChildRun, error: StepError): StepError {
  const root = (error.code === "child_failed" ? error.cause : null) ?? error;
  return {
    ...childError(child, "child_failed", `failed: ${root.message}`),
    retryable: true,
    cause: { name: root.name, message: root.message },
  };
}

/** Somebody wanted it to end, so it is not tried again. */
export function childCancelled(child: ChildRun, by: string): StepError {
  return childError(child, "child_cancelled", `was cancelled by ${by}.`);
}

function childError(child: ChildRun, code: string, what: string): StepError {
  const message = `Run #${child.number} of ${child.workflowName} ${what}`;
  return { ...failure(code, message), name: "ChildRunError" };
}
