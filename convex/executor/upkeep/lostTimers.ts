/** Timers that did not fire, as far as rows and their version say that they should have. */
import { internal } from "../../_generated/api";
import type { MutationCtx } from "../../functions";
import type { Graph } from "../../language/graph";
import { findVersion, graphOf } from "../../model/keptVersions";
import type { WholeStep } from "../../model/stepFields";
import { runDeadline, shortestLimit, stepDeadline } from "../flow/deadlines";
import type { Timer } from "../flow/timerRequests";
import { isCutOff } from "../flow/transitions";
import { stepsAfter } from "../runs/movers";
import type { Portion } from "./portion";
import {
  isOld,
  type Look,
  onlyPage,
  PAGE,
  type Page,
  pageOf,
  type Repair,
  type Run,
} from "./runParts";

/** The time of the run is up. */
export async function runTime(
  ctx: MutationCtx,
  run: Run,
  { portion }: Look,
): Promise<Page> {
  const graph = await graphOfOld(ctx, run, portion);
  const deadline = graph && runDeadline(run, graph);
  const isLate = deadline !== null && isOld(deadline);
  return onlyPage(
    isLate
      ? fireOnce(ctx, run, { kind: "runTimeout" }, "the runTimeout")
      : null,
  );
}

/** The time of a step around others is up. */
export async function containerTimes(
  ctx: MutationCtx,
  run: Run,
  { portion, after }: Look,
): Promise<Page> {
  const graph = await graphOfOld(ctx, run, portion);
  if (graph === null || !isOld((run.startedAt ?? 0) + shortestLimit(graph)))
    return onlyPage(null);
  const running = { kind: "running", after, limit: PAGE } as const;
  return await pageOf(await stepsAfter(ctx, run._id, running), portion, {
    keyOf: ({ key }) => key,
    repairOf: (step) => {
      if (isCutOff(run.backlog, step.key)) return null;
      const deadline = stepDeadline(graph, run, step);
      if (deadline === null || !isOld(deadline)) return null;
      return repairOf(ctx, run, step, { kind: "stepTimeout", key: step.key });
    },
  });
}

/** Nothing in a run is late before the run itself is old. */
async function graphOfOld(
  ctx: MutationCtx,
  { startedAt, versionId }: Run,
  portion: Portion,
): Promise<Graph | null> {
  if (startedAt === null || !isOld(startedAt)) return null;
  const version = await findVersion(ctx, versionId);
  if (version === null) return null;
  portion.take(version);
  return graphOf(version);
}

export async function retryTimes(
  ctx: MutationCtx,
  run: Run,
  { portion, after }: Look,
): Promise<Page> {
  const retrying = { kind: "retrying", after, limit: PAGE } as const;
  return await pageOf(await stepsAfter(ctx, run._id, retrying), portion, {
    keyOf: ({ key }) => key,
    repairOf: (step) => sleepTime(ctx, run, step),
  });
}

/** The time until which a step sleeps is over. */
export function sleepTime(
  ctx: MutationCtx,
  run: Run,
  step: WholeStep,
): Repair | null {
  const { state } = step;
  const until =
    state.kind === "waiting"
      ? state.until
      : state.kind === "retrying"
        ? state.nextRetryAt
        : null;
  if (until === null || !isOld(until)) return null;
  return repairOf(ctx, run, step, sleepTimerOf(step));
}

function sleepTimerOf({ state, key, attempt }: WholeStep): Timer {
  if (state.kind !== "waiting") return { kind: "retry", key, attempt };
  switch (state.for) {
    case "delay":
      return { kind: "delay", key };
    case "run":
      return { kind: "stepTimeout", key };
    case "event":
    case "approval":
      return { kind: "waitTimeout", key };
  }
}

function repairOf(
  ctx: MutationCtx,
  run: Run,
  { key, attempt }: WholeStep,
  timer: Timer,
): Repair {
  const what = `the ${timer.kind} of ${key}, attempt ${attempt}`;
  return fireOnce(ctx, run, timer, what);
}

/** What the lost timer would have called, which does nothing when it was not lost. */
function fireOnce(
  { scheduler }: MutationCtx,
  { _id: runId }: Run,
  timer: Timer,
  what: string,
): Repair {
  const act = async () => {
    const fire = internal.executor.timers.fire;
    await scheduler.runAfter(0, fire, { runId, timer });
  };
  return { what, first: 1, act };
}
