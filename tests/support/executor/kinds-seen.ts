/** What has happened to runs that random workflows must not have too seldom. */
import { parseEvents } from "../../../convex/executor/runs/eventLog";
import type { RunEvent } from "../../../convex/executor/runs/runHistory";
import { ON_FAILURE } from "../../../convex/language/graph";
import type { Snapshot } from "./snapshot";

export const RARE_KINDS = [
  "onFailure completes",
  "onFailure fails",
  "onFailure is cut off",
  "a run times out",
  "a step times out",
  "a wait times out",
  "steps for a timeout complete",
  "steps for a timeout fail",
] as const;
type RareKind = (typeof RARE_KINDS)[number];

export function kindsSeen({ runEvents }: Snapshot): RareKind[] {
  return runEvents.flatMap(({ events }) =>
    parseEvents(events).flatMap((event) => kindOf(event) ?? []),
  );
}

const ENDS_OF_ON_FAILURE: Partial<Record<string, RareKind>> = {
  completed: "onFailure completes",
  failed: "onFailure fails",
  cancelled: "onFailure is cut off",
};
const ENDS_OF_LATE_STEPS: Partial<Record<string, RareKind>> = {
  completed: "steps for a timeout complete",
  failed: "steps for a timeout fail",
};
const TIMERS: Partial<Record<string, RareKind>> = {
  runTimeout: "a run times out",
  stepTimeout: "a step times out",
  waitTimeout: "a wait times out",
};

function kindOf(event: RunEvent): RareKind | undefined {
  if (event.type === "timer") return TIMERS[event.timer];
  if (event.type !== "step") return undefined;
  const { key, state, branch } = event;
  if (key === ON_FAILURE) return ENDS_OF_ON_FAILURE[state.kind];
  return branch === "onTimeout" ? ENDS_OF_LATE_STEPS[state.kind] : undefined;
}
