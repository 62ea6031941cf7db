/** Runs that steps start: their start, their end and their cancel. Each checks first whether it still matters. */
import { v } from "convex/values";
import type { Doc } from "../_generated/dataModel";
import { type ErrorData, errorData, must, userError } from "../errors";
import { internalMutation } from "../functions";
import type { Json } from "../language/evaluation";
import type { RunStep } from "../language/graph";
import { readPayload } from "../model/payloads";
import { checkedInput, requireStartable } from "../model/runs";
import { findWorkflow } from "../model/workflows";
import {
  childCancelled,
  childFailed,
  childMissing,
  MAX_RUN_DEPTH,
  nestedTooDeep,
  notStarted,
} from "../steps/run";
import type { StepError } from "../validators/steps";
import { endAttempt, openAttempt } from "./effects/attempts";
import { cancelRun } from "./runs/cancelRun";
import { noteSecrets } from "./effects/usedSecrets";
import { runStepAt } from "./runs/childRunRequests";
import { retryOrFail } from "./flow/retries";
import { type RunStart, startRun } from "./runs/startRun";
import { completeStep, failStep } from "./flow/stepEnds";
import { storedError } from "./flow/storedError";
import { isRunEnded, type Work } from "./flow/transitions";
import { loadTurn, takeTurn } from "./flow/turn";
import type { TurnState } from "./flow/turnState";

/** Of a `run` step. */
const ATTEMPT = {
  runId: v.id("workflowRuns"),
  stepKey: v.string(),
  attempt: v.number(),
};

/** Starts the run of an attempt, once: the step's row says which it is. That writes the step, not its run (E1). */
export const start = internalMutation({
  args: ATTEMPT,
  returns: v.null(),
  handler: async (ctx, { runId, stepKey, attempt }) => {
    const turn = await loadTurn(ctx, runId);
    if (turn === null) return null;
    const step = await turn.step(stepKey);
    if (!waitsForStart(step, attempt)) return null;
    const node = runStepAt(turn, stepKey);
    const started = await startChild(turn, { key: stepKey, node });
    if (started.kind === "refused") {
      await takeTurn(turn, await failStep(turn, stepKey, started.error));
      return null;
    }
    const { runId: childId, number } = started.run;
    const childRun = {
      runId: childId,
      number,
      workflowSlug: node.workflow,
      attempt,
    };
    await turn.change(stepKey, { childRun });
    await openAttempt(ctx, {
      stepId: await turn.stepId(stepKey),
      number: attempt,
      startedAt: turn.now,
      input: step.input,
    });
    if (node.wait) await turn.flush();
    else await takeTurn(turn, await endWith(turn, stepKey, started.run));
    return null;
  },
});

function waitsForStart(
  step: Pick<Doc<"stepExecutions">, "state" | "attempt" | "childRun">,
  attempt: number,
): boolean {
  const { state, childRun } = step;
  const isAsked = state.kind === "waiting" && state.for === "run";
  return isAsked && step.attempt === attempt && childRun?.attempt !== attempt;
}

type Started =
  | {
      kind: "started";
      run: { runId: Doc<"workflowRuns">["_id"]; number: number };
    }
  | { kind: "refused"; error: StepError };

/** What a person could have got wrong is the step's error. */
async function startChild(
  turn: TurnState,
  { key, node }: { key: string; node: RunStep },
): Promise<Started> {
  if ((turn.run.depth ?? 1) >= MAX_RUN_DEPTH)
    return { kind: "refused", error: nestedTooDeep(node) };
  try {
    const start = await startOf(turn, key, node);
    const { runId, number } = await startRun(turn.ctx, start);
    return { kind: "started", run: { runId, number } };
  } catch (error) {
    const data: ErrorData | null = errorData(error);
    if (data === null) throw error;
    return { kind: "refused", error: notStarted(node, data) };
  }
}

async function startOf(
  turn: TurnState,
  key: string,
  node: RunStep,
): Promise<RunStart> {
  const { ctx, run } = turn;
  const workflow = await findWorkflow(ctx, run.organizationId, node.workflow);
  if (workflow === null)
    throw userError("not_found", "there is no workflow of this name.");
  const version = await requireStartable(ctx, workflow);
  const { input } = await turn.step(key);
  const text = await readPayload(ctx, must(input, `input of ${key}`));
  const { _id: runId, number, workflowName, workflowSlug } = run;
  return {
    workflow,
    version,
    input: checkedInput(version, text),
    startedBy: { kind: "workflow", label: `${workflowName} #${number}` },
    parent: {
      runId,
      number,
      workflowName,
      workflowSlug,
      stepKey: key,
      waits: node.wait,
    },
    depth: (run.depth ?? 1) + 1,
    secretNames: run.secretNames,
    onRefusal: "throw",
  };
}

/** The parent's turn after the end of a run that it waits for. */
export const ended = internalMutation({
  args: { childId: v.id("workflowRuns") },
  returns: v.null(),
  handler: async (ctx, { childId }) => {
    const child = await ctx.db.get("workflowRuns", childId);
    if (child?.parent === undefined || !isRunEnded(child.state)) return null;
    const turn = await loadTurn(ctx, child.parent.runId);
    if (turn === null) return null;
    const { stepKey } = child.parent;
    const step = await turn.step(stepKey);
    if (step.childRun?.runId !== childId || step.state.kind !== "waiting")
      return null;
    await takeTurn(turn, await childEnded(turn, stepKey, child));
    return null;
  },
});

async function childEnded(
  turn: TurnState,
  key: string,
  child: Doc<"workflowRuns">,
): Promise<Work[]> {
  const { state, output } = child;
  noteSecrets(turn, child.secretNames);
  if (state.kind === "completed")
    return await endWith(turn, key, await turn.values.read(output));
  const error = storedError(errorOf(child));
  await closeAttempt(turn, key, { status: "failed", error });
  return await retryOrFail(turn, key, { error, retryAfterMs: null });
}

function errorOf(child: Doc<"workflowRuns">): StepError {
  const { state, error } = child;
  return state.kind === "cancelled"
    ? childCancelled(child, state.by)
    : childFailed(child, must(error, `error of run ${child._id}`));
}

/** The run that a step waits for is gone, so nothing will tell its end: `repairs.ts` found that. */
export const missing = internalMutation({
  args: ATTEMPT,
  returns: v.null(),
  handler: async (ctx, { runId, stepKey, attempt }) => {
    const turn = await loadTurn(ctx, runId);
    if (turn === null) return null;
    const { state, childRun } = await turn.step(stepKey);
    if (state.kind !== "waiting" || childRun?.attempt !== attempt) return null;
    if ((await ctx.db.get("workflowRuns", childRun.runId)) !== null)
      return null;
    const { number, workflowSlug: workflowName } = childRun;
    const error = storedError(childMissing({ number, workflowName }));
    await closeAttempt(turn, stepKey, { status: "failed", error });
    await takeTurn(turn, await failStep(turn, stepKey, error));
    return null;
  },
});

async function endWith(
  turn: TurnState,
  key: string,
  output: Json,
): Promise<Work[]> {
  const work = await completeStep(turn, key, output);
  const { output: stored } = await turn.step(key);
  await closeAttempt(turn, key, { status: "completed", output: stored });
  return work;
}

async function closeAttempt(
  turn: TurnState,
  key: string,
  end: Pick<Doc<"stepAttempts">, "status"> & Partial<Doc<"stepAttempts">>,
): Promise<void> {
  const stepId = await turn.stepId(key);
  const { attempt } = await turn.step(key);
  await endAttempt(
    turn.ctx,
    { stepId, attempt },
    { ...end, endedAt: turn.now },
  );
}

/** What waited for the run was cut off. */
export const cancel = internalMutation({
  args: { childId: v.id("workflowRuns") },
  returns: v.null(),
  handler: async (ctx, { childId }) => {
    const child = await ctx.db.get("workflowRuns", childId);
    if (child?.parent === undefined || isRunEnded(child.state)) return null;
    const { workflowName, number } = child.parent;
    await cancelRun(ctx, child, `${workflowName} #${number}`);
    return null;
  },
});
