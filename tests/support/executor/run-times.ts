/** What the history of a run says about time: what ran out of it, and whether that was so. */
import type { Doc } from "../../../convex/_generated/dataModel";
import type { DatedEvent } from "../../../convex/executor/runs/runHistory";
import { isIterationKey } from "../../../convex/executor/flow/keys";
import { nodeAt } from "../../../convex/executor/flow/transitions";
import type { Graph } from "../../../convex/language/graph";
import { type WholeStep, wholeStep } from "../../../convex/model/stepFields";
import type { Fates } from "./fates";
import { isEffect, isHopeless, RETRY_MS } from "./random-graphs";
import type { Times } from "./reference-interpreter";

type Run = Doc<"workflowRuns">;
type Told = {
  run: Run;
  graph: Graph;
  steps: Doc<"stepExecutions">[];
  history: DatedEvent[];
  fates: Fates;
};

/** What is due at one time happens one after the other, a millisecond apart. */
const SLACK_MS = 1_000;

/** When timers ended something, by key; null is the run itself. A timer that changes nothing is not logged. */
function timeouts(history: DatedEvent[]): Map<string | null, number> {
  const kinds = ["stepTimeout", "waitTimeout", "runTimeout"];
  return new Map(
    history.flatMap(({ at, event }) =>
      event.type === "timer" && kinds.includes(event.timer)
        ? [[event.key, at]]
        : [],
    ),
  );
}

export function timesOf(history: DatedEvent[]): Times {
  const fired = timeouts(history);
  return {
    run: fired.has(null) ? "yes" : "no",
    step: (key) => (fired.has(key) ? "yes" : "no"),
  };
}

/** What ran out of time too early or too late, or has not although its time was up. */
export function wrongTimes(told: Told): string[] {
  const { graph, steps, history, fates } = told;
  const fired = timeouts(history);
  const timed = steps.map(wholeStep).flatMap((step) => {
    const { key, endedAt } = step;
    if (isIterationKey(key)) return [];
    const node = nodeAt(graph, key);
    if (node.timeoutMs === null || isHopeless(node)) return [];
    const until = step.createdAt + node.timeoutMs;
    return isEffect(node)
      ? wrongEffect(step, { until, fates })
      : wrongEnd(key, { until, firedAt: fired.get(key), endedAt });
  });
  return [...timed, ...wrongRunTime(told, fired.get(null))];
}

function wrongRunTime(
  { run, graph, history }: Told,
  firedAt: number | undefined,
): string[] {
  if (graph.timeoutMs === null || run.startedAt === null) return [];
  const until = run.startedAt + graph.timeoutMs;
  return wrongEnd("the run", {
    until,
    firedAt,
    endedAt: failedAt(history) ?? run.endedAt,
  });
}

/** When the failure of a run with `onFailure` was decided. */
export function failedAt(history: DatedEvent[]): number | undefined {
  return history.find(({ event }) => event.type === "failing")?.at;
}

function wrongEnd(
  what: string,
  {
    until,
    firedAt,
    endedAt,
  }: {
    until: number;
    firedAt: number | undefined;
    endedAt: number | null;
  },
): string[] {
  if (firedAt !== undefined)
    return Math.abs(firedAt - until) <= SLACK_MS
      ? []
      : [`${what} timed out ${firedAt - until} ms after its time`];
  const isInTime = endedAt !== null && endedAt <= until + SLACK_MS;
  return isInTime ? [] : [`${what} did not time out, and ended at ${endedAt}`];
}

/** An effect that would have succeeded: only when another attempt would have begun too late. */
function wrongEffect(
  { key, state, endedAt }: WholeStep,
  { until, fates }: { until: number; fates: Fates },
): string[] {
  const isGivenUp = state.kind === "failed" && !fates.fails(key);
  return isGivenUp && (endedAt ?? 0) + RETRY_MS < until
    ? [`${key} was given up, and had time for another attempt`]
    : [];
}
