/** Steps that wait for somebody or something outside: from call to graph. */
import type { ApprovalStep, StepCommon, WaitForEventStep } from "./graph";
import type { StepOptions } from "./stepOptions";

const EVENT_OPTIONS = [
  "event",
  "match",
  "data",
  "timeout",
  "onTimeout",
  "onError",
];

export function waitForEventStep(
  options: StepOptions,
  common: StepCommon,
): WaitForEventStep {
  options.refuseUnknown(EVENT_OPTIONS);
  const event = options.eventName("event");
  if (options.has("match")) options.requireFunction("match", "match");
  requireTimeout(options);
  return {
    ...common,
    kind: "waitForEvent",
    event: event ?? "",
    hasMatch: options.has("match"),
    dataSchema: options.schema("data"),
    onTimeout: options.choice("onTimeout", ["fail", "continue"], "fail"),
  };
}

function requireTimeout(options: StepOptions): void {
  if (options.has("onTimeout") && !options.has("timeout"))
    options.report("onTimeout needs a timeout: without one it never comes.");
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

export function approvalStep(
  options: StepOptions,
  common: StepCommon,
): ApprovalStep {
  options.refuseUnknown(APPROVAL_OPTIONS);
  if (options.has("details")) options.requireFunction("details", "details");
  requireTimeout(options);
  return {
    ...common,
    kind: "approval",
    title: fixedTitle(options),
    hasDetails: options.has("details"),
    formSchema: options.schema("form"),
    approvers: approvers(options),
    quorum: options.integer("quorum", { min: 1, max: 20 }) ?? 1,
    onTimeout: options.choice(
      "onTimeout",
      ["fail", "reject", "approve"],
      "fail",
    ),
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
