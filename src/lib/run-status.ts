import {
  Ban,
  CircleCheck,
  CircleDashed,
  CircleX,
  CornerDownRight,
  Hand,
  LoaderCircle,
  Moon,
  Radio,
  RotateCw,
  Unplug,
  Workflow,
  type LucideIcon,
} from "lucide-react";
import type { RunState, RunStatus } from "../../convex/validators/runs";
import type {
  AttemptRow,
  StepState,
  StepStatus,
} from "../../convex/validators/steps";

/** Colour families: `globals.css` gives each a text, a tint and a bar colour. */
export type StatusFamily =
  "neutral" | "running" | "waiting" | "retrying" | "succeeded" | "failed";

/** How a bar of the timeline is filled: the signal beside colour. */
export type BarPattern = "hollow" | "dashed" | "solid" | "stripes" | "hatched";

/** Every status a run, a step or an attempt can show; `waiting` is told apart by what it waits for. */
export type StatusKey =
  | Exclude<RunStatus | StepStatus, "waiting">
  | "sleeping"
  | "listening"
  | "deciding"
  | "preparing"
  | "inside"
  | AttemptRow["status"];

export type StatusLook = {
  label: string;
  icon: LucideIcon;
  family: StatusFamily;
  pattern: BarPattern;
  terminal: boolean;
};

export const STATUS = {
  queued: {
    label: "Queued",
    icon: CircleDashed,
    family: "neutral",
    pattern: "hollow",
    terminal: false,
  },
  pending: {
    label: "Not started",
    icon: CircleDashed,
    family: "neutral",
    pattern: "hollow",
    terminal: false,
  },
  preparing: {
    label: "Preparing",
    icon: LoaderCircle,
    family: "running",
    pattern: "hollow",
    terminal: false,
  },
  running: {
    label: "Running",
    icon: LoaderCircle,
    family: "running",
    pattern: "stripes",
    terminal: false,
  },
  sleeping: {
    label: "Sleeping",
    icon: Moon,
    family: "waiting",
    pattern: "hatched",
    terminal: false,
  },
  listening: {
    label: "Waiting for event",
    icon: Radio,
    family: "waiting",
    pattern: "hatched",
    terminal: false,
  },
  deciding: {
    label: "Waiting for approval",
    icon: Hand,
    family: "waiting",
    pattern: "hatched",
    terminal: false,
  },
  inside: {
    label: "Waiting for run",
    icon: Workflow,
    family: "waiting",
    pattern: "hatched",
    terminal: false,
  },
  retrying: {
    label: "Retrying",
    icon: RotateCw,
    family: "retrying",
    pattern: "dashed",
    terminal: false,
  },
  completed: {
    label: "Completed",
    icon: CircleCheck,
    family: "succeeded",
    pattern: "solid",
    terminal: true,
  },
  failed: {
    label: "Failed",
    icon: CircleX,
    family: "failed",
    pattern: "solid",
    terminal: true,
  },
  cancelled: {
    label: "Cancelled",
    icon: Ban,
    family: "neutral",
    pattern: "solid",
    terminal: true,
  },
  skipped: {
    label: "Skipped",
    icon: CornerDownRight,
    family: "neutral",
    pattern: "dashed",
    terminal: true,
  },
  interrupted: {
    label: "Interrupted",
    icon: Unplug,
    family: "retrying",
    pattern: "solid",
    terminal: true,
  },
} as const satisfies Record<StatusKey, StatusLook>;

/** The statuses a run can have, in the order filters offer them. */
export const RUN_STATUSES = [
  "queued",
  "running",
  "waiting",
  "completed",
  "failed",
  "cancelled",
] as const satisfies readonly RunStatus[];

/** The look of a run status without its reason, as filters show it. */
export const RUN_STATUS_LABEL = {
  queued: STATUS.queued.label,
  running: STATUS.running.label,
  waiting: "Waiting",
  completed: STATUS.completed.label,
  failed: STATUS.failed.label,
  cancelled: STATUS.cancelled.label,
} as const satisfies Record<RunStatus, string>;

const WAITS = {
  retry: "retrying",
  delay: "sleeping",
  event: "listening",
  approval: "deciding",
  run: "inside",
} as const satisfies Record<
  Extract<RunState, { kind: "waiting" }>["for"],
  StatusKey
>;

/** Which row of `STATUS` a state is: waiting for a retry is retrying, waiting for a delay is sleeping. */
export function statusOf(state: RunState | StepState): StatusKey {
  if (state.kind === "waiting") return WAITS[state.for];
  const isPreparing = "preparing" in state && state.preparing !== undefined;
  return isPreparing ? "preparing" : state.kind;
}

export function isTerminal(state: RunState | StepState): boolean {
  return STATUS[statusOf(state)].terminal;
}

/** Work is going on or will by itself: neither ended nor waiting to be started. */
export function isActive(state: RunState | StepState): boolean {
  return !isTerminal(state) && state.kind !== "pending";
}

/** The text colour of a status family, for its icon and word. */
export const FAMILY_TEXT = {
  neutral: "text-neutral-text",
  running: "text-running-text",
  waiting: "text-waiting-text",
  retrying: "text-retrying-text",
  succeeded: "text-succeeded-text",
  failed: "text-failed-text",
} as const satisfies Record<StatusFamily, string>;

/** The CSS variable that holds a family's bar colour. */
export function barColor(family: StatusFamily): string {
  return `var(--${family}-bar)`;
}
