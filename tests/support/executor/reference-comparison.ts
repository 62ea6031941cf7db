/** Where a run that has ended is not where the reference says. */
import type { Doc } from "../../../convex/_generated/dataModel";
import type { Fates } from "./fates";
import { graphOf } from "./invariants";
import {
  interpret,
  isExpected,
  type RunReference,
  type StepEnd,
} from "./reference-interpreter";
import type { Snapshot } from "./snapshot";

type Run = Doc<"workflowRuns">;
type Step = Doc<"stepExecutions">;

/** `cancel`: somebody has cancelled it, or may have. */
export function differences(
  end: Snapshot,
  run: Run,
  {
    fates,
    runOf,
    cancel,
  }: {
    fates: Fates;
    runOf: RunReference;
    cancel: "none" | "possible" | "certain";
  },
): string[] {
  const expected = interpret(graphOf(end, run), fates, runOf);
  const own = end.stepExecutions.filter(({ runId }) => runId === run._id);
  const states = new Map(own.map(({ key, state }) => [key, state.kind]));
  const found: string[] = [];
  const allowed: string[] = cancel === "certain" ? [] : [...expected.run];
  if (cancel !== "none") allowed.push("cancelled");
  const wasCancelled = run.state.kind === "cancelled";
  if (!allowed.includes(endOf(run)))
    found.push(`is ${endOf(run)} and not ${allowed.join(" or ")}`);
  for (const { key } of own)
    if (!expected.steps.has(key)) found.push(`has a step ${key}`);
  for (const [key, one] of expected.steps) {
    const step = wasCancelled ? { ...one, isCertain: false } : one;
    // Other states are none in which a step ends.
    const kind = states.get(key) as StepEnd;
    if (!isExpected(step, kind)) found.push(`${key} is ${kind}`);
  }
  found.push(...own.flatMap(wrongOutput));
  const { number, _id, state } = run;
  return found.map(
    (what) => `run ${number} (${_id}, ${JSON.stringify(state)}): ${what}`,
  );
}

function endOf({ state }: Run): string {
  const isStopped = state.kind === "completed" && state.stoppedBy !== undefined;
  return isStopped ? "stopped" : state.kind;
}

/** Leaves that give their own key have given it; it is small, so the row has all of it. */
function wrongOutput({ key, kind, state, output }: Step): string[] {
  const isOwn = ["code", "http", "action", "stop"].includes(kind);
  if (state.kind !== "completed" || !isOwn) return [];
  const json = output?.preview ?? null;
  return json === JSON.stringify(key) ? [] : [`E2: ${key} gave ${json}`];
}
