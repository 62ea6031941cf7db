/** Writer of `tasks`: effects that are ready or claimed. A task is removed by the report of its attempt, or by cancel. */
import type { Doc, Id } from "../../_generated/dataModel";
import type { MutationCtx, QueryCtx } from "../../functions";
import type { PayloadRef } from "../../model/payloads";
import { httpOptionsOf } from "../../steps/http";
import { cancelAttempt, claimAttempt } from "./attempts";
import { Handout } from "./handout";
import { slotConcurrency, wakeSlot } from "./slots";
import { nodeAt } from "../flow/transitions";
import type { TurnState } from "../flow/turnState";

/** How far ahead one step of priority puts a task: one that has waited longer is claimed first all the same. */
const AHEAD_MS = 600;

/**
 * Makes the step's current attempt ready for its worker, and wakes the worker if it sleeps, in the same transaction. A
 * worker that looks for work next gets it at once.
 */
export async function insertTask(
  turn: TurnState,
  key: string,
  task: { effect: "http" | "action"; input: PayloadRef; timeoutMs: number },
): Promise<void> {
  const { run, now } = turn;
  turn.hasNewTask = true;
  turn.handout ??= await handoutOfWoken(turn);
  const { handout } = turn;
  const isHandedOut = handout?.take(task.input.bytes) === true;
  const attemptId = isHandedOut ? await beginAtOnce(turn, key) : null;
  const { attempt } = await turn.step(key);
  const nextEvent = turn.log.tellNext(run);
  const row = {
    runId: run._id,
    organizationId: run.organizationId,
    stepId: await turn.stepId(key),
    stepKey: key,
    attempt,
    slot: run.slot,
    readyAt: now - (run.priority ?? 0) * AHEAD_MS,
    claimedBy: isHandedOut ? handout.generation : null,
    attemptId,
    kind: task.effect,
    request: task.input,
    versionId: run.versionId,
    timeoutMs: task.timeoutMs,
    httpOptions: httpOptionsOf(nodeAt(turn.graph, key)),
    ...(nextEvent === undefined ? {} : { nextEvent }),
    ...(run.secretNames === undefined ? {} : { secretNames: run.secretNames }),
  };
  const _id = await turn.ctx.db.insert("tasks", row);
  if (isHandedOut) handout.add({ _id, ...row });
}

export async function hasTask(
  { db }: QueryCtx,
  runId: Id<"workflowRuns">,
): Promise<boolean> {
  const task = await db
    .query("tasks")
    .withIndex("by_runId_and_stepId", (q) => q.eq("runId", runId))
    .first();
  return task !== null;
}

/** Null when the worker is awake already, and may be in the middle of a look. */
async function handoutOfWoken({ ctx, run, now }: TurnState) {
  const generation = await wakeSlot(ctx, run.slot, now);
  return generation === null
    ? null
    : new Handout(generation, slotConcurrency());
}

/** What a claim writes, in the turn that makes the task. */
async function beginAtOnce(turn: TurnState, key: string) {
  const { attempt, input } = await turn.startAttempt(key);
  return await claimAttempt(turn.ctx, {
    stepId: await turn.stepId(key),
    number: attempt,
    startedAt: turn.now,
    input,
  });
}

/** The worker notices that a task is gone and aborts its request. */
export async function cancelTasksOf(
  turn: TurnState,
  key: string,
): Promise<void> {
  turn.hasNewTask = false;
  const stepId = await turn.stepId(key);
  const tasks = await turn.ctx.db
    .query("tasks")
    .withIndex("by_runId_and_stepId", (q) =>
      q.eq("runId", turn.run._id).eq("stepId", stepId),
    )
    .collect();
  turn.handout?.forget((task) => task.stepId === stepId);
  for (const task of tasks) await removeTask(turn.ctx, task, turn.now);
}

/** At most `limit`; returns how many there were. */
export async function cancelTasksOfRun(
  { ctx, run, now, handout }: TurnState,
  limit: number,
): Promise<number> {
  handout?.forget((task) => task.runId === run._id);
  const tasks = await ctx.db
    .query("tasks")
    .withIndex("by_runId_and_stepId", (q) => q.eq("runId", run._id))
    .take(limit);
  for (const task of tasks) await removeTask(ctx, task, now);
  return tasks.length;
}

async function removeTask(
  ctx: MutationCtx,
  { _id, stepId, attemptId }: Doc<"tasks">,
  now: number,
): Promise<void> {
  await ctx.db.delete("tasks", _id);
  if (attemptId !== null) await cancelAttempt(ctx, stepId, now);
}
