/** What has happened to runs that random workflows must not have too seldom. */
import { isInside } from "../../../convex/executor/flow/keys";
import { parseEvents } from "../../../convex/executor/runs/eventLog";
import type { RunEvent } from "../../../convex/executor/runs/runHistory";
import { ON_FAILURE } from "../../../convex/language/graph";
import { type WholeStep, wholeStep } from "../../../convex/model/stepFields";
import type { Snapshot } from "./snapshot";

/** A container is cut off when something in it was active. */
export const RARE_KINDS = [
  "onFailure is completed",
  "onFailure is failed",
  "onFailure is cancelled",
  "the run is out of time",
  "a condition is cut off",
  "a switch is cut off",
  "a parallel is cut off",
  "a loop is cut off",
  "a run is out of time",
  "an approval goes on late",
  "a waitForEvent goes on late",
  "late steps are completed",
  "late steps are failed",
  "an effect has no time for another attempt",
];

export function kindsSeen({ runEvents, stepExecutions }: Snapshot): string[] {
  const steps = stepExecutions.map(wholeStep);
  const kinds = new Map(
    steps.map(({ runId, key, kind }) => [`${runId}:${key}`, kind]),
  );
  const together = runEvents.flatMap(({ runId, events }) =>
    kindsTogether(parseEvents(events), (key) => kinds.get(`${runId}:${key}`)),
  );
  return [...together, ...steps.flatMap(kindOfStep)];
}

/** Of one transaction. */
function kindsTogether(
  events: RunEvent[],
  kindOf: (key: string) => string | undefined,
): string[] {
  const cancelled = events.flatMap((event) =>
    event.type === "step" && event.state.kind === "cancelled" ? event.key : [],
  );
  return events.flatMap((event) => {
    if (event.type !== "timer") return [];
    const { timer, key } = event;
    if (key === null) return ["the run is out of time"];
    if (timer !== "stepTimeout") return [];
    const isCut = cancelled.some((other) => isInside(other, key));
    return [`a ${kindOf(key)} is ${isCut ? "cut off" : "out of time"}`];
  });
}

function kindOfStep(step: WholeStep): string[] {
  const { key, kind, state, branch, error, attempt, interrupted } = step;
  const seen: string[] = [];
  if (key === ON_FAILURE) seen.push(`onFailure is ${state.kind}`);
  if (branch === "onTimeout")
    seen.push(
      `${kind === "approval" ? "an" : "a"} ${kind} goes on late`,
      `late steps are ${state.kind}`,
    );
  const isLeft = attempt - interrupted < (step.maxAttempts ?? 0);
  if (error?.code === "test" && error.retryable && isLeft)
    seen.push("an effect has no time for another attempt");
  return seen;
}
