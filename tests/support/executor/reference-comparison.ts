/** Where a run that has ended is not where the reference says. */
import { isDeepStrictEqual } from "node:util";
import type { Doc } from "../../../convex/_generated/dataModel";
import { parentKeyOf } from "../../../convex/executor/flow/keys";
import { FLOW_CONTROL } from "../../../convex/executor/queue/gates";
import type { DatedEvent } from "../../../convex/executor/runs/runHistory";
import { ON_FAILURE } from "../../../convex/language/graph";
import type { Fates } from "./fates";
import { graphOf } from "./invariants";
import {
  type ExpectedStep,
  interpret,
  isExpected,
  type RunReference,
  type StepEnd,
} from "./reference-interpreter";
import { historyOf } from "./run-histories";
import { timesOf, wrongTimes } from "./run-times";
import type { Snapshot } from "./snapshot";

type Run = Doc<"workflowRuns">;
type Step = Doc<"stepExecutions">;

/**
 * `cancel`: somebody has cancelled it, or may have. `mayCutOff`: somebody may have cancelled it when it had failed already,
 * which ends its `onFailure`.
 */
export function differences(
  end: Snapshot,
  run: Run,
  given: {
    fates: Fates;
    runOf: RunReference;
    cancel: "none" | "possible" | "certain";
    mayCutOff: boolean;
  },
): string[] {
  const { fates, runOf, cancel } = given;
  const graph = graphOf(end, run);
  const history = historyOf(run._id, end.runEvents);
  const own = end.stepExecutions.filter(({ runId }) => runId === run._id);
  const expected = interpret(graph, fates, { runOf, times: timesOf(history) });
  const found: string[] = [];
  const allowed: string[] = cancel === "certain" ? [] : [...expected.run];
  if (cancel !== "none") allowed.push("cancelled");
  if (!allowed.includes(endOf(run)))
    found.push(`is ${endOf(run)} and not ${allowed.join(" or ")}`);
  const cutOffBy = whoCutOff(history);
  const isCutOff = cutOffBy !== undefined;
  if (isCutOff && !given.mayCutOff && cutOffBy !== FLOW_CONTROL)
    found.push("nobody has cut off its onFailure");
  found.push(
    ...wrongSteps(own, [
      { of: expected.steps, isWhole: run.state.kind !== "cancelled" },
      ...(run.state.kind === "failed"
        ? [{ of: expected.afterFailure, isWhole: !isCutOff }]
        : []),
    ]),
    ...wrongFailure(run, { own, history }),
    ...wrongTimes({ run, graph, steps: own, history, fates }),
    ...own.flatMap((step) => wrongOutput(run, step)),
  );
  const { number, _id, state } = run;
  return found.map(
    (what) => `run ${number} (${_id}, ${JSON.stringify(state)}): ${what}`,
  );
}

/** `isWhole`: nobody from outside has ended them. */
type ExpectedSteps = { of: Map<string, ExpectedStep>; isWhole: boolean };

function wrongSteps(own: Step[], expected: ExpectedSteps[]): string[] {
  const states = new Map(own.map(({ key, state }) => [key, state.kind]));
  const wrong = expected.flatMap(({ of, isWhole }) =>
    [...of].flatMap(([key, one]) => {
      const step = isWhole ? one : { ...one, isCertain: false };
      // Other states are none in which a step ends.
      const kind = states.get(key) as StepEnd;
      return isExpected(step, kind) ? [] : [`${key} is ${kind}`];
    }),
  );
  const unknown = own.filter(
    ({ key }) => !expected.some(({ of }) => of.has(key)),
  );
  return [...wrong, ...unknown.map(({ key }) => `has a step ${key}`)];
}

/** Who has cancelled what had failed already. */
function whoCutOff(history: DatedEvent[]): string | undefined {
  const failing = history.findIndex(({ event }) => event.type === "failing");
  if (failing < 0) return undefined;
  return history
    .slice(failing)
    .flatMap(({ event }) =>
      event.type === "person" && event.did === "cancel" ? [event.by] : [],
    )[0];
}

/** A run fails with the failure of a step, which took everything around it with it, or because its time was up. */
function wrongFailure(
  { state, error }: Run,
  { own, history }: { own: Step[]; history: DatedEvent[] },
): string[] {
  if (state.kind !== "failed") return [];
  const { stepKey } = state.error;
  if (stepKey === null) {
    const isTimeout = timesOf(history).run === "yes";
    return isTimeout && error?.code === "timeout" ? [] : ["failed for nothing"];
  }
  const rows = new Map(own.map((step) => [step.key, step]));
  const wrong: string[] = [];
  if (!isDeepStrictEqual(rows.get(stepKey)?.error, error))
    wrong.push(`has another error than ${stepKey}`);
  for (let at: string | null = stepKey; at !== null; at = parentKeyOf(at))
    if (rows.get(at)?.state.kind !== "failed")
      wrong.push(`failed in ${stepKey}, and ${at} has not`);
  return wrong;
}

function endOf({ state }: Run): string {
  const isStopped = state.kind === "completed" && state.stoppedBy !== undefined;
  return isStopped ? "stopped" : state.kind;
}

/** Leaves that give their own key have given it; it is small, so the row has all of it. */
function wrongOutput(run: Run, { key, kind, state, output }: Step): string[] {
  const isOwn = ["code", "http", "action", "stop"].includes(kind);
  if (state.kind !== "completed" || !isOwn) return [];
  const json = output?.preview ?? null;
  const isTold = kind === "code" && key.startsWith(`${ON_FAILURE}/`);
  const given = isTold ? told(run, key) : key;
  return json === JSON.stringify(given) ? [] : [`E2: ${key} gave ${json}`];
}

/** What functions of `onFailure` see of the failure. */
function told({ state, error, number }: Run, key: string) {
  const step = state.kind === "failed" ? state.error.stepKey : undefined;
  return [key, step, error?.code, number];
}
