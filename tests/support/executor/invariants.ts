/** E1 to E9, as far as they show in what is stored: each violation as a sentence that begins with its number. */
import { isDeepStrictEqual } from "node:util";
import type { Doc } from "../../../convex/_generated/dataModel";
import {
  isRunEnded,
  isStepEnded,
} from "../../../convex/executor/flow/transitions";
import {
  findingsOf,
  type RunRows,
} from "../../../convex/executor/upkeep/runCheck";
import { type Graph, isForFailure } from "../../../convex/language/graph";
import { type WholeStep, wholeStep } from "../../../convex/model/stepFields";
import { present } from "./present";
import { leftOver } from "./run-families";
import { hasJob, type Snapshot } from "./snapshot";

type Run = Doc<"workflowRuns">;

const MAX_INLINE_BYTES = 64 * 1024;

export function violations(now: Snapshot): string[] {
  return [
    ...now.workflowRuns.flatMap((run) =>
      findingsOf(rowsOf(now, run)).map(({ name, text }) => `${name}: ${text}`),
    ),
    ...leftOver(now),
    ...goesOnAfterFailure(now),
    ...now.payloads
      .filter((row) => JSON.stringify(row).length > MAX_INLINE_BYTES * 1.5)
      .map(({ _id }) => `E9: ${_id} is a large payload`),
  ];
}

/** E6: nothing but its `onFailure` is active in a run whose failure is decided. */
function goesOnAfterFailure(now: Snapshot): string[] {
  const failing = now.workflowRuns.filter((run) => run.failing !== undefined);
  const graphs = new Map(failing.map((run) => [run._id, graphOf(now, run)]));
  return now.stepExecutions
    .filter(({ runId, key, state }) => {
      const graph = graphs.get(runId);
      if (graph === undefined || isStepEnded(state)) return false;
      return !isForFailure(graph, key);
    })
    .map(({ key, runId }) => `E6: ${key} goes on, and ${runId} has failed`);
}

/** With every timer known exactly. */
function rowsOf(now: Snapshot, run: Run): RunRows {
  const { _id: runId } = run;
  const isOwn = (row: { runId: string }) => row.runId === runId;
  const steps = now.stepExecutions.filter(isOwn).map(wholeStep);
  const ids = new Set(steps.map(({ _id }) => _id));
  return {
    run,
    graph: graphOf(now, run),
    steps,
    isWhole: true,
    tasks: now.tasks.filter(isOwn),
    waits: now.openWaits.filter(isOwn),
    approvals: now.approvals.filter(isOwn),
    attempts: now.stepAttempts.filter(({ stepId }) => ids.has(stepId)),
    isEnding: false,
    isResumed: hasJob(now, "resume", { runId }),
    hasTimer: (timer) => hasJob(now, "fire", { runId, timer }),
    isDelivered: ({ stepKey }) => hasJob(now, "deliver", { runId, stepKey }),
    hasChild: (step) => hasChild(now, step),
  };
}

/** It has not ended, or its end is about to be told. */
function hasChild(
  now: Snapshot,
  { runId, key: stepKey, attempt, childRun }: WholeStep,
): boolean {
  if (childRun?.attempt !== attempt)
    return hasJob(now, "start", { runId, stepKey, attempt });
  const { runId: childId } = childRun;
  const child = now.workflowRuns.find(({ _id }) => _id === childId);
  if (child === undefined) return false;
  return !isRunEnded(child.state) || hasJob(now, "ended", { childId });
}

/** What must not have changed since an earlier snapshot. */
export function changesOf(before: Snapshot, now: Snapshot): string[] {
  const runs = byId(now.workflowRuns);
  const over = before.workflowRuns.filter(({ state }) => isRunEnded(state));
  const ended = before.stepExecutions.filter(({ state }) => isStepEnded(state));
  return [
    ...changed("E6: the run, after its end,", over, now.workflowRuns),
    ...changed("E2: the step, after its end,", ended, now.stepExecutions),
    ...changed(
      "E8: the version",
      before.workflowVersions,
      now.workflowVersions,
    ),
    ...changed("E9: the payload", before.payloads, now.payloads),
    ...before.workflowRuns
      .filter((run) => runs.get(run._id)?.versionId !== run.versionId)
      .map(({ _id }) => `E8: run ${_id} has another version`),
    ...before.workflowRuns
      .filter(({ failing }) => failing !== undefined)
      .filter((run) => !isSameFailure(run, present(runs.get(run._id))))
      .map(({ _id }) => `E2: run ${_id} has failed with something else`),
    ...requestsChanged(before, now),
  ];
}

/** Decided once, and what the run ends with. */
function isSameFailure(before: Run, { state, failing, error }: Run): boolean {
  const isDecided =
    isDeepStrictEqual(failing, before.failing) &&
    isDeepStrictEqual(error, before.error);
  if (!isDecided || !isRunEnded(state)) return isDecided;
  return state.kind === "failed" && isDeepStrictEqual(state.error, failing);
}

function requestsChanged(before: Snapshot, now: Snapshot): string[] {
  const steps = byId(now.stepExecutions);
  return before.stepExecutions
    .filter(({ _id, kind, input }) => {
      const isEffect = kind === "http" || kind === "action";
      return isEffect && !isDeepStrictEqual(input, steps.get(_id)?.input);
    })
    .map(({ key }) => `E3: the request of ${key} has changed`);
}

function byId<Row extends { _id: string }>(rows: Row[]): Map<string, Row> {
  return new Map(rows.map((row) => [row._id, row]));
}

function changed<Row extends { _id: string }>(
  what: string,
  before: Row[],
  now: Row[],
): string[] {
  const rows = byId(now);
  return before
    .filter((row) => !isDeepStrictEqual(row, rows.get(row._id)))
    .map(
      (row) =>
        `${what} changed: ${JSON.stringify(row)} became ${JSON.stringify(rows.get(row._id))}`,
    );
}

/** Of the version that the run sees. */
export function graphOf(
  { workflowVersions }: Pick<Snapshot, "workflowVersions">,
  { versionId }: Run,
): Graph {
  const version = workflowVersions.find(({ _id }) => _id === versionId);
  // Written by the compiler.
  return JSON.parse(version?.graph ?? "") as Graph;
}
