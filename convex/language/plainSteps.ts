/** Steps that hold no others and wait for nobody: from call to graph. */
import type {
  ActionStep,
  CodeStep,
  DelayStep,
  FailStep,
  HttpStep,
} from "./graph";
import type { StepCall } from "./stepCall";

export function codeStep(
  { common, options, commonOptions }: StepCall,
  kind: "code" | "action",
): CodeStep | ActionStep {
  options.refuseUnknown(["run", ...commonOptions]);
  options.requireFunction("run", `What ${kind} does`);
  return { ...common, kind };
}

export function httpStep({
  common,
  options,
  commonOptions,
}: StepCall): HttpStep {
  options.refuseUnknown(["request", "response", "retryOn", ...commonOptions]);
  options.requireFunction("request", "request");
  return {
    ...common,
    kind: "http",
    responseSchema: options.schema("response"),
    retryOn: options.statuses("retryOn"),
  };
}

export function delayStep({
  common,
  options,
  commonOptions,
  report,
}: StepCall): DelayStep {
  options.refuseUnknown(["duration", "until", ...commonOptions]);
  if (options.has("duration") === options.has("until"))
    report("A delay has a duration or until.");
  if (options.has("until")) options.requireFunction("until", "until");
  const durationMs = options.duration("duration");
  return { ...common, kind: "delay", durationMs };
}

export function failStep({
  common,
  options,
  commonOptions,
  report,
}: StepCall): FailStep {
  options.refuseUnknown(["message", ...commonOptions]);
  const message = options.data("message");
  const computed = options.isFunction("message");
  if (!computed && typeof message !== "string")
    report("The message of fail must be a text or a function.");
  return {
    ...common,
    kind: "fail",
    message: typeof message === "string" ? message : null,
  };
}
