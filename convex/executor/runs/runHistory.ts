/**
 * The history of a run as data (pure): what is logged of every change, and the states that follow from the log. Every
 * write of a step's or a run's state goes with an event, so `rebuild` gives what the rows hold.
 */
import type { RunState } from "../../validators/runs";
import type {
  ErrorSummary,
  StepExecutionKind,
  StepState,
} from "../../validators/steps";
import type { StartedBy } from "../../validators/triggers";
import { isStepEnded } from "../flow/transitions";

/** What happened, without its time: a whole chunk of events has one (they are of one transaction). */
export type RunEvent =
  | { type: "run"; state: RunState; startedBy?: StartedBy }
  /** Its failure was decided, and `onFailure` follows. */
  | { type: "failing"; error: ErrorSummary }
  /** `startedAt` and `endedAt` only when they are not what the state and the time of the event say. */
  | ({
      type: "began";
      kind: StepExecutionKind;
      /** The number of the run that executed the step, for a replay. */
      reusedFrom?: number;
    } & StepChange &
      Times)
  | ({ type: "step" } & StepChange)
  | {
      type: "attempt";
      key: string;
      attempt: number;
      status: "running" | "completed" | "failed" | "interrupted";
      error?: { name: string; message: string };
    }
  | { type: "timer"; timer: string; key: string | null }
  | {
      type: "event";
      key: string;
      eventId: string;
      name: string;
      sentBy: string;
    }
  | { type: "person"; did: PersonAct; by: string; key: string | null };

type PersonAct = "cancel" | "skip" | "retry" | "approve" | "reject";
type StepChange = {
  key: string;
  state: StepState;
  /** Only when it is not the first. */
  attempt?: number;
  branch?: string;
};
type Times = { startedAt?: number | null; endedAt?: number | null };

/** What the history keeps of a step's row when its state changes. */
export function stepChange(row: {
  key: string;
  state: StepState;
  attempt: number;
  branch: string | null;
}): StepChange {
  const { key, state, attempt, branch } = row;
  return {
    key,
    state,
    ...(attempt === 1 ? {} : { attempt }),
    ...(branch === null ? {} : { branch }),
  };
}

export type DatedEvent = { at: number; event: RunEvent };

export type RebuiltStep = {
  kind: StepExecutionKind;
  state: StepState;
  attempt: number;
  branch: string | null;
  createdAt: number;
  startedAt: number | null;
  endedAt: number | null;
};
export type Rebuilt = {
  state: RunState | null;
  steps: Map<string, RebuiltStep>;
};

/** The states that the events lead to, from the first on. */
export function rebuild(events: Iterable<DatedEvent>): Rebuilt {
  const rebuilt: Rebuilt = { state: null, steps: new Map() };
  for (const { at, event } of events) apply(rebuilt, event, at);
  return rebuilt;
}

function apply(rebuilt: Rebuilt, event: RunEvent, at: number): void {
  switch (event.type) {
    case "run":
      rebuilt.state = event.state;
      return;
    case "began":
      rebuilt.steps.set(event.key, begun(event, at));
      return;
    case "step":
      return change(rebuilt.steps.get(event.key), event, at);
    case "attempt":
      return startAttempt(rebuilt.steps.get(event.key), event, at);
    case "failing":
    case "timer":
    case "event":
    case "person":
      return;
  }
}

function begun(
  event: Extract<RunEvent, { type: "began" }>,
  at: number,
): RebuiltStep {
  const { kind, state, attempt = 1, branch = null } = event;
  return {
    kind,
    state,
    attempt,
    branch,
    createdAt: at,
    startedAt: event.startedAt === undefined ? at : event.startedAt,
    endedAt: event.endedAt ?? null,
  };
}

function change(
  step: RebuiltStep | undefined,
  event: Extract<RunEvent, { type: "step" }>,
  at: number,
): void {
  if (step === undefined) return;
  step.state = event.state;
  step.attempt = event.attempt ?? 1;
  step.branch = event.branch ?? null;
  if (isStepEnded(event.state)) step.endedAt = at;
}

/** Only a start shows in the step's row; what an end leads to has an event of its own. */
function startAttempt(
  step: RebuiltStep | undefined,
  event: Extract<RunEvent, { type: "attempt" }>,
  at: number,
): void {
  if (step === undefined || event.status !== "running") return;
  step.state = { kind: "running" };
  step.startedAt ??= at;
}

/** What a list calls the event: "step.retrying". */
export function eventName(event: RunEvent): string {
  switch (event.type) {
    case "run":
      return event.startedBy === undefined
        ? `run.${event.state.kind}`
        : "run.started";
    case "failing":
      return "run.failing";
    case "began":
      return "step.began";
    case "step":
      return `step.${event.state.kind}`;
    case "attempt":
      return event.status === "running"
        ? "attempt.started"
        : `attempt.${event.status}`;
    case "timer":
      return "timer.fired";
    case "event":
      return "event.taken";
    case "person":
      return `person.${event.did}`;
  }
}
