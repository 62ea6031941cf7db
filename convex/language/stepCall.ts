import type { CallExpression } from "acorn";
import type { RecordedCall } from "./definition";
import type { SourceRange, StepCommon, StepNode } from "./graph";
import type { StepOptions } from "./stepOptions";

/** A recorded call on its way into the graph: what the graph builder knows of it, and does for what is in it. */
export type StepCall = {
  call: RecordedCall;
  common: StepCommon;
  options: StepOptions;
  /** Options that steps of several kinds take, and this one too. */
  commonOptions: readonly string[];
  source: CallExpression | null;
  report: (message: string, range?: SourceRange | null) => void;
  /** The steps of a block whose path is `path`; `label` is what it is called in messages. */
  steps(block: {
    calls: RecordedCall[] | null;
    path: string;
    label: string;
  }): StepNode[];
};

/** The steps of an option that is a block. They are directly inside the step. */
export function optionSteps(step: StepCall, key: string): StepNode[] {
  const calls = step.call.blocks[key] ?? null;
  return step.steps({ calls, path: step.common.path, label: key });
}
