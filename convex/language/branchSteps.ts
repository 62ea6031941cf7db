/** Steps that hold named branches (`switch`, `parallel`) and the one that ends a run (`stop`): from call to graph. */
import type { RecordedBranch } from "./definition";
import type {
  BranchStep,
  ParallelStep,
  SourceRange,
  StopStep,
  SwitchStep,
} from "./graph";
import { propertyOf, propertyRange } from "./sourceTree";
import type { StepCall } from "./stepCall";

const MAX_BRANCHES = 50;
const BRANCH_NAME = /^[\p{L}\p{N}_-][\p{L}\p{N}_ .-]{0,63}$/u;
const DEFAULT = "default";

export function switchStep(step: StepCall): SwitchStep {
  const { call, common, options } = step;
  options.refuseUnknown(["on", "cases", DEFAULT, ...step.commonOptions]);
  options.requireFunction("on", "on");
  const cases = branches(step, {
    list: call.branches ?? null,
    what: "cases",
    rangeOf: (name) =>
      propertyRange(propertyOf(step.source?.arguments[1], "cases"), name),
  });
  return { ...common, kind: "switch", cases, default: defaultCase(step) };
}

function defaultCase(step: StepCall): BranchStep | null {
  const block = step.call.blocks[DEFAULT];
  if (block === undefined && !step.options.has(DEFAULT)) return null;
  if (step.call.branches?.some(({ name }) => name === DEFAULT))
    step.report(
      'A case cannot be called "default" beside the default itself: both would be the same branch.',
    );
  const range = propertyRange(step.source?.arguments[1], DEFAULT);
  return branch(step, { name: DEFAULT, steps: block ?? null }, range);
}

export function parallelStep(step: StepCall): ParallelStep {
  const { call, common, options } = step;
  options.refuseUnknown(["mode", ...step.commonOptions]);
  return {
    ...common,
    kind: "parallel",
    mode: options.choice("mode", ["all", "race"], "all"),
    branches: branches(step, {
      list: call.branches ?? null,
      what: "The branches of a parallel",
      rangeOf: (name) => propertyRange(step.source?.arguments[1], name),
    }),
  };
}

function branches(
  step: StepCall,
  given: {
    list: RecordedBranch[] | null;
    what: string;
    rangeOf: (name: string) => SourceRange | null;
  },
): BranchStep[] {
  const list = given.list ?? [];
  if (list.length === 0)
    step.report(
      `${given.what} must be an object with a function for each, such as { a: (flow) => flow.code(…) }.`,
    );
  if (list.length > MAX_BRANCHES)
    step.report(
      `${given.what} are ${list.length}; there may be ${MAX_BRANCHES}.`,
    );
  return list
    .slice(0, MAX_BRANCHES)
    .map((one) => branch(step, one, given.rangeOf(one.name)));
}

function branch(
  step: StepCall,
  { name, steps: calls }: RecordedBranch,
  range: SourceRange | null,
): BranchStep {
  if (!BRANCH_NAME.test(name) || name.trim() !== name)
    step.report(
      `"${name.slice(0, 80)}" cannot name a branch: use a word or a short phrase of letters, digits, spaces, "_", "-" and ".", up to 64 characters.`,
      range,
    );
  const path = `${step.common.path}/${name}`;
  const steps = step.steps({ calls, path, label: name });
  return branchNode({ path, name, range, retry: step.common.retry, steps });
}

/** Steps that have a row of their own around them. */
export function branchNode({
  retry,
  ...given
}: Pick<
  BranchStep,
  "path" | "name" | "range" | "retry" | "steps"
>): BranchStep {
  return {
    ...given,
    label: given.name,
    reads: [],
    readsInput: false,
    retry: { ...retry, maxAttempts: 1 },
    timeoutMs: null,
    onError: "fail",
    kind: "branch",
  };
}

export function stopStep({
  common,
  options,
  commonOptions,
}: StepCall): StopStep {
  options.refuseUnknown(["output", ...commonOptions]);
  return { ...common, kind: "stop", hasOutput: options.has("output") };
}
