/** `run`, a workflow inside a workflow: from call to graph. */
import { type Graph, type RunStep, topSteps, walk } from "./graph";
import type { StepCall } from "./stepCall";

const OPTIONS = ["workflow", "input", "wait"];
const SLUG = /^[a-z0-9][a-z0-9-]{0,99}$/;

export function runStep(step: StepCall): RunStep {
  const { common, options } = step;
  options.refuseUnknown([...OPTIONS, ...step.commonOptions]);
  const hasInput = options.isFunction("input");
  return {
    ...common,
    kind: "run",
    workflow: workflowOf(step),
    wait: options.boolean("wait", true),
    hasInput,
    input: hasInput ? null : (options.data("input") ?? {}),
  };
}

function workflowOf({ options }: StepCall): string {
  const slug = options.data("workflow");
  if (typeof slug === "string" && SLUG.test(slug)) return slug;
  options.report(
    'workflow must be the name of a workflow as it is in its address, such as "send-invoice".',
  );
  return "";
}

/** The workflows that a workflow runs, each with the first step that does. */
export function workflowsRun(graph: Graph): Map<string, RunStep> {
  const found = new Map<string, RunStep>();
  for (const node of walk(topSteps(graph)))
    if (node.kind === "run" && !found.has(node.workflow))
      found.set(node.workflow, node);
  return found;
}
