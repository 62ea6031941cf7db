/** Steps around others: from call to graph. Those with named branches are in `branchSteps.ts`. */
import { type ConditionStep, type LoopStep, MAX_ITERATIONS } from "./graph";
import { optionSteps, type StepCall } from "./stepCall";

export function conditionStep(step: StepCall): ConditionStep {
  const { call, common, options } = step;
  options.refuseUnknown(["if", "then", "else", ...step.commonOptions]);
  options.requireFunction("if", "if");
  const then = optionSteps(step, "then");
  const hasElse = call.blocks["else"] !== undefined || options.has("else");
  const otherwise = hasElse ? optionSteps(step, "else") : null;
  const names = new Set(then.map((node) => node.name));
  const twice = otherwise?.find((node) => names.has(node.name));
  if (twice !== undefined)
    step.report(
      `Both branches have a step called "${twice.name}"; steps of one condition need different names.`,
      twice.range,
    );
  return { ...common, kind: "condition", then, else: otherwise };
}

const LOOP_MODES = ["each", "times", "while"] as const;
const LOOP_KEYS = [...LOOP_MODES, "key", "concurrency", "maxIterations", "do"];

export function loopStep(step: StepCall): LoopStep {
  const { common, options } = step;
  options.refuseUnknown([...LOOP_KEYS, ...step.commonOptions]);
  const modes = LOOP_MODES.filter((mode) => options.has(mode));
  if (modes.length !== 1)
    step.report("A loop has one of each, times and while.");
  const mode = modes[0] ?? "each";
  const times = timesOf(step, mode);
  if (options.has("key")) options.requireFunction("key", "key");
  const concurrency = options.integer("concurrency", { min: 1, max: 1_000 });
  if (mode === "while" && concurrency !== null && concurrency > 1)
    step.report("A while loop runs its iterations one by one.");
  return {
    ...common,
    kind: "loop",
    mode,
    times,
    concurrency: concurrency ?? 1,
    maxIterations:
      options.integer("maxIterations", { min: 1, max: MAX_ITERATIONS }) ??
      10_000,
    onIterationError: options.choice("onError", ["stop", "continue"], "stop"),
    hasKey: options.has("key"),
    body: optionSteps(step, "do"),
  };
}

function timesOf({ options }: StepCall, mode: LoopStep["mode"]): number | null {
  if (mode === "times" && !options.isFunction("times"))
    return options.integer("times", { min: 0, max: MAX_ITERATIONS });
  if (options.has(mode)) options.requireFunction(mode, mode);
  return null;
}
