/** Runs inside runs, as rows tell of them: which belongs to which step, and that none is lost, doubled or left over. */
import type { Doc } from "../../../convex/_generated/dataModel";
import {
  isRunEnded,
  isStepEnded,
} from "../../../convex/executor/flow/transitions";
import { FLOW_CONTROL } from "../../../convex/executor/queue/gates";
import { Fates } from "./fates";
import { present } from "./present";
import { hasJob, type Snapshot } from "./snapshot";

type Run = Doc<"workflowRuns">;
type Step = Doc<"stepExecutions">;
type Parent = NonNullable<Run["parent"]>;

/** Of a run that the interleaving test has started, or that a step has: its input is small, so the row has all of it. */
export function seedOf({ input }: Pick<Run, "input">): number {
  // As the random workflows take it.
  return (JSON.parse(present(input).preview) as { seed: number }).seed;
}

/** The runs that this one is in, from the inside out. */
export function runsAround(runs: readonly Run[], run: Run): Parent[] {
  const { parent } = run;
  if (parent === undefined) return [];
  const around = present(runs.find(({ _id }) => _id === parent.runId));
  return [parent, ...runsAround(runs, around)];
}

/** E4: a run whose step does not want it any more is about to be cancelled. */
export function leftOver(now: Snapshot): string[] {
  return now.workflowRuns.flatMap((child) => {
    const { _id: childId, parent, state } = child;
    if (parent?.waits !== true || isRunEnded(state)) return [];
    const step = stepOf(now, parent);
    const isWanted = step?.childRun?.runId === childId;
    if (isWanted && step?.state.kind === "waiting") return [];
    if (hasJob(now, "cancel", { childId })) return [];
    return [`E4: run ${childId} goes on for ${parent.stepKey}, which ended`];
  });
}

function stepOf(now: Snapshot, { runId, stepKey }: Parent): Step | undefined {
  return now.stepExecutions.find(
    (step) => step.runId === runId && step.key === stepKey,
  );
}

/** When all is over: every step has had one run for each attempt, and has come to what the last came to. */
export function wrongFamilies(
  end: Snapshot,
  cancelled: ReadonlySet<string>,
): string[] {
  const families = new Map<string, Run[]>();
  for (const run of end.workflowRuns) {
    if (run.parent === undefined) continue;
    const { runId, stepKey } = run.parent;
    const name = `${runId}:${stepKey}`;
    families.set(name, [...(families.get(name) ?? []), run]);
  }
  const steps = end.stepExecutions.filter(({ kind }) => kind === "run");
  return [
    ...steps.flatMap((step) => {
      const children = families.get(`${step.runId}:${step.key}`) ?? [];
      families.delete(`${step.runId}:${step.key}`);
      return wrongFamily({ end, step, children, cancelled });
    }),
    ...[...families.keys()].map((name) => `a run belongs to no step: ${name}`),
  ];
}

type Family = {
  end: Snapshot;
  step: Step;
  children: Run[];
  cancelled: ReadonlySet<string>;
};

function wrongFamily({ end, step, children, cancelled }: Family): string[] {
  const { _id: stepId, key, runId } = step;
  const wrong: string[] = [];
  const attempts = end.stepAttempts.filter((row) => row.stepId === stepId);
  if (attempts.length !== children.length)
    wrong.push(
      `E2: ${attempts.length} attempts had ${children.length} runs of their own`,
    );
  const around = present(end.workflowRuns.find(({ _id }) => _id === runId));
  const seed = new Fates(seedOf(around)).childSeed(key);
  if (children.some((child) => seedOf(child) !== seed))
    wrong.push("E3: a run has another input than its step gave");
  const sorted = children.sort((a, b) => a._creationTime - b._creationTime);
  const last = sorted.at(-1);
  for (const child of sorted.slice(0, -1))
    if (child.state.kind !== "failed")
      wrong.push(`was tried again after its run was ${child.state.kind}`);
  if (step.childRun?.runId !== last?._id) wrong.push("knows another run");
  if (last !== undefined && last.parent?.waits === true)
    wrong.push(...wrongEnd({ step, last, cancelled }));
  return wrong.map((what) => `${runId}, ${key} (${step.state.kind}): ${what}`);
}

function wrongEnd({
  step,
  last,
  cancelled,
}: Pick<Family, "step" | "cancelled"> & { last: Run }): string[] {
  const { state, error, output } = step;
  const { kind } = last.state;
  if (!isRunEnded(last.state) || !isStepEnded(state))
    return [`its run is ${kind}`];
  if (state.kind === "completed") {
    const [is, gave] = [previewOf(output), previewOf(last.output)];
    return kind === "completed" && is === gave
      ? []
      : [`its run is ${kind} with ${gave}`];
  }
  const code = error?.code ?? "";
  if (code === "child_failed" && kind !== "failed")
    return [`its run is ${kind}, not failed`];
  if (code === "child_cancelled" && kind !== "cancelled")
    return [`its run is ${kind}, not cancelled`];
  const mayCancel = state.kind === "cancelled" || code === "timeout";
  if (kind === "cancelled" && !mayCancel && !isFromOutside(last, cancelled))
    return ["nobody has cancelled its run"];
  return [];
}

const previewOf = (ref: Run["output"] | undefined) => ref?.preview ?? "null";

/** By a person, or for another run of its workflow. */
function isFromOutside(
  { _id, state }: Run,
  cancelled: ReadonlySet<string>,
): boolean {
  if (cancelled.has(_id)) return true;
  return state.kind === "cancelled" && state.by === FLOW_CONTROL;
}
