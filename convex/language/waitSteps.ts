/** Steps that wait for somebody or something outside: from call to graph. */
import type { ApprovalStep, StepNode, WaitForEventStep } from "./graph";
import { optionSteps, type StepCall } from "./stepCall";
import type { StepOptions } from "./stepOptions";

const EVENT_OPTIONS = [
  "event",
  "match",
  "data",
  "timeout",
  "onTimeout",
  "onError",
];

export function waitForEventStep(step: StepCall): WaitForEventStep {
  const { common, options } = step;
  options.refuseUnknown(EVENT_OPTIONS);
  const event = options.eventName("event");
  if (options.has("match")) options.requireFunction("match", "match");
  return {
    ...common,
    kind: "waitForEvent",
    event: event ?? "",
    hasMatch: options.has("match"),
    dataSchema: options.schema("data"),
    ...onTimeoutOf(step, ["fail", "continue"]),
  };
}

/** What follows when nobody answered in time: one of the choices, the first of which is the default, or steps. */
function onTimeoutOf<Choice extends string>(
  step: StepCall,
  choices: readonly ["fail", ...Choice[]],
): { onTimeout: "fail" | Choice | "steps"; late?: StepNode[] } {
  const { call, options } = step;
  const isBlock = call.blocks["onTimeout"] !== undefined;
  if ((isBlock || options.has("onTimeout")) && !options.has("timeout"))
    options.report("onTimeout needs a timeout: without one it never comes.");
  if (isBlock)
    return { onTimeout: "steps", late: optionSteps(step, "onTimeout") };
  return {
    onTimeout: options.choice<"fail" | Choice>("onTimeout", choices, "fail"),
  };
}

const APPROVAL_OPTIONS = [
  "title",
  "details",
  "form",
  "approvers",
  "quorum",
  "timeout",
  "onTimeout",
  "onError",
];

export function approvalStep(step: StepCall): ApprovalStep {
  const { common, options } = step;
  options.refuseUnknown(APPROVAL_OPTIONS);
  if (options.has("details")) options.requireFunction("details", "details");
  return {
    ...common,
    kind: "approval",
    title: fixedTitle(options),
    hasDetails: options.has("details"),
    formSchema: options.schema("form"),
    approvers: approvers(options),
    quorum: options.integer("quorum", { min: 1, max: 20 }) ?? 1,
    ...onTimeoutOf(step, ["fail", "reject", "approve"]),
  };
}

function fixedTitle(options: StepOptions): string | null {
  if (options.isFunction("title")) return null;
  const title = options.data("title");
  if (typeof title === "string" && title.trim() !== "") return title;
  options.report("title must be a text or a function: the question to people.");
  return null;
}

const ROLES = ["owner", "admin", "editor", "operator", "approver"];

function approvers(options: StepOptions): string[] | null {
  if (!options.has("approvers")) return null;
  const given = options.data("approvers");
  const names = Array.isArray(given) ? given.map(approverName) : [];
  const known = names.filter((name) => name !== null);
  if (known.length > 0 && known.length === names.length) return known;
  options.report(
    `approvers must be a list of e-mail addresses and roles: ${ROLES.join(", ")}.`,
  );
  return null;
}

function approverName(value: unknown): string | null {
  if (typeof value !== "string") return null;
  const name = value.trim().toLowerCase();
  return ROLES.includes(name) || /^\S+@\S+$/.test(name) ? name : null;
}
