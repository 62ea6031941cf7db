/** Steps that wait for somebody or something outside: from call to graph. */
import type { StepCommon, WaitForEventStep } from "./graph";
import type { StepOptions } from "./stepOptions";

const OPTIONS = ["event", "match", "data", "timeout", "onTimeout", "onError"];

export function waitForEventStep(
  options: StepOptions,
  common: StepCommon,
): WaitForEventStep {
  options.refuseUnknown(OPTIONS);
  const event = options.eventName("event");
  if (options.has("match")) options.requireFunction("match", "match");
  if (options.has("onTimeout") && !options.has("timeout"))
    options.report("onTimeout needs a timeout: without one it never comes.");
  return {
    ...common,
    kind: "waitForEvent",
    event: event ?? "",
    hasMatch: options.has("match"),
    dataSchema: options.schema("data"),
    onTimeout: options.choice("onTimeout", ["fail", "continue"], "fail"),
  };
}
