/** A step that runs another workflow: asking for the run, and no longer wanting it. `childRuns.ts` starts and ends it. */
import { internal } from "../../_generated/api";
import type { Doc, Id } from "../../_generated/dataModel";
import type { MutationCtx, QueryCtx } from "../../functions";
import type { Json } from "../../language/evaluation";
import type { RunStep } from "../../language/graph";
import { stepAt } from "../../model/stepReads";
import { cancelAttempt } from "../effects/attempts";
import { nodeAt, type Work } from "../flow/transitions";
import type { TurnState } from "../flow/turnState";

export function runStepAt(turn: TurnState, key: string): RunStep {
  const node = nodeAt(turn.graph, key);
  if (node.kind !== "run") throw new Error(`${key} runs no workflow`);
  return node;
}

/** The first attempt. */
export async function awaitRun(
  turn: TurnState,
  key: string,
  input: Json,
): Promise<Work[]> {
  await turn.change(key, {
    input: await turn.values.store(input),
    maxAttempts: runStepAt(turn, key).retry.maxAttempts,
  });
  return await requestRun(turn, key);
}

/** The run is started in a transaction of its own, so that its first turn costs this one nothing. */
export async function requestRun(
  turn: TurnState,
  key: string,
): Promise<Work[]> {
  const { workflow, timeoutMs } = runStepAt(turn, key);
  const { attempt, createdAt } = await turn.step(key);
  const until = timeoutMs === null ? null : createdAt + timeoutMs;
  await turn.change(key, {
    state: { kind: "waiting", for: "run", workflow, until },
  });
  await startSoon(turn.ctx, { runId: turn.run._id, stepKey: key, attempt });
  return [];
}

type Attempt = { runId: Id<"workflowRuns">; stepKey: string; attempt: number };

export async function startSoon(
  ctx: MutationCtx,
  attempt: Attempt,
): Promise<void> {
  await ctx.scheduler.runAfter(0, internal.executor.childRuns.start, attempt);
}

/** The run of the attempt is gone: its step fails, in a transaction of its own. */
export async function missSoon(
  ctx: MutationCtx,
  attempt: Attempt,
): Promise<void> {
  await ctx.scheduler.runAfter(0, internal.executor.childRuns.missing, attempt);
}

/** The run has ended: its parent, if it waits, gets to know in a transaction of its own. */
export async function tellParent(
  ctx: MutationCtx,
  { _id: childId, parent }: Pick<Doc<"workflowRuns">, "_id" | "parent">,
): Promise<void> {
  if (parent?.waits !== true) return;
  await ctx.scheduler.runAfter(0, internal.executor.childRuns.ended, {
    childId,
  });
}

/** The step is cut off: its attempt ends, and the run that it waits for is cancelled, in a transaction of its own. */
export async function cancelChildOf(
  turn: TurnState,
  { key, childRun }: Pick<Doc<"stepExecutions">, "key" | "childRun">,
): Promise<void> {
  if (childRun === undefined) return;
  await cancelAttempt(turn.ctx, await turn.stepId(key), turn.now);
  await cancelSoon(turn.ctx, childRun.runId);
}

export async function cancelSoon(
  ctx: MutationCtx,
  childId: Id<"workflowRuns">,
): Promise<void> {
  const { cancel } = internal.executor.childRuns;
  await ctx.scheduler.runAfter(0, cancel, { childId });
}

/**
 * When the step ended that a run, which has not ended, was started for; null while it goes on, or if it never waited. A step
 * has no further run before the last has ended.
 */
export async function unwantedSince(
  ctx: QueryCtx,
  { parent }: Pick<Doc<"workflowRuns">, "parent">,
): Promise<number | null> {
  if (parent?.waits !== true) return null;
  const step = await stepAt(ctx, parent.runId, parent.stepKey);
  return step === null ? 0 : step.endedAt;
}
