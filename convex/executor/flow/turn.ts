/**
 * A turn: the transaction that moves a run forward (E1). Phases: load → decide and apply → settle → write → schedule.
 * It goes on while steps are pure, up to a budget, and leaves the rest to its continuation.
 */
import { internal } from "../../_generated/api";
import type { Doc, Id } from "../../_generated/dataModel";
import type { MutationCtx } from "../../functions";
import { versionOf } from "../../model/keptVersions";
import type { RunState } from "../../validators/runs";
import type { StepState } from "../../validators/steps";
import { hasTask } from "../effects/tasks";
import { tellParent } from "../runs/childRunRequests";
import { perform } from "./flow";
import { leaveSeat } from "../queue/runSeats";
import { isRunEnded, type Work } from "./transitions";
import { TurnState } from "./turnState";

const MAX_STEPS = 200;
const MAX_MS = 300;
const MAX_BYTES = 2 * 1024 * 1024;

/** Null when the run is gone or has ended: whatever happened to it no longer matters. */
export async function loadTurn(
  ctx: MutationCtx,
  runId: Id<"workflowRuns">,
): Promise<TurnState | null> {
  const run = await ctx.db.get("workflowRuns", runId);
  return run === null || isRunEnded(run.state) ? null : await load(ctx, run);
}

/** For what is left of a run that has ended. Nothing is written to the run itself (E6). */
export async function loadEnded(
  ctx: MutationCtx,
  runId: Id<"workflowRuns">,
): Promise<TurnState | null> {
  const run = await ctx.db.get("workflowRuns", runId);
  return run === null || !isRunEnded(run.state) ? null : await load(ctx, run);
}

async function load(
  ctx: MutationCtx,
  run: Doc<"workflowRuns">,
): Promise<TurnState> {
  const version = await versionOf(ctx, run.versionId);
  return new TurnState(ctx, { run, version, now: Date.now() });
}

/** Takes a turn that begins with `work`. */
export async function takeTurn(turn: TurnState, work: Work[]): Promise<void> {
  const { backlog } = turn.run;
  if (backlog.length > 0) turn.setRun({ backlog: [] });
  const left = await run(turn, [...backlog, ...work]);
  if (isRunEnded(turn.run.state)) {
    await tellParent(turn.ctx, turn.run);
    await turn.flush();
    await leaveSeat(turn.ctx, turn.run);
    return;
  }
  if (left.length > 0) turn.setRun({ backlog: left });
  await settle(turn, left.length > 0);
  await turn.flush();
  if (left.length > 0) await continueLater(turn);
}

async function run(turn: TurnState, work: Work[]): Promise<Work[]> {
  const started = performance.now();
  const queue: Work[] = [];
  enqueue(queue, work);
  while (queue.length > 0 && goesOn(turn)) {
    if (isOverBudget(turn, performance.now() - started)) return queue;
    const next = queue.shift();
    if (next !== undefined) enqueue(queue, await perform(turn, next));
  }
  return turn.continuation ?? [];
}

function goesOn({ run, continuation }: TurnState): boolean {
  return !isRunEnded(run.state) && continuation === null;
}

/** What ends a container goes first: nothing may be done inside it any more. */
function enqueue(queue: Work[], work: Work[]): void {
  queue.unshift(...work.filter((one) => one.do === "cancel"));
  queue.push(...work.filter((one) => one.do !== "cancel"));
}

function isOverBudget(turn: TurnState, elapsedMs: number): boolean {
  return (
    turn.stepsTaken >= MAX_STEPS ||
    elapsedMs > MAX_MS ||
    turn.values.bytesWritten > MAX_BYTES
  );
}

/** The run waits exactly when nothing of it runs or is about to, and something sleeps. */
async function settle(turn: TurnState, goesOn: boolean): Promise<void> {
  const waiting =
    goesOn || turn.hasNewTask || (await hasTask(turn.ctx, turn.run._id))
      ? null
      : await nextWaiting(turn);
  const state: RunState = waiting ?? { kind: "running" };
  if (JSON.stringify(state) !== JSON.stringify(turn.run.state))
    turn.setRunState(state);
}

const MANY = 100;

type Waiting = Extract<RunState, { kind: "waiting" }>;

async function nextWaiting(turn: TurnState): Promise<Waiting | null> {
  const sleeping = await turn.stepsIn(["waiting", "retrying"], MANY);
  const waits = sleeping.flatMap(({ key, state }) => waitOf(key, state) ?? []);
  return waits.sort((a, b) => endOf(a) - endOf(b))[0] ?? null;
}

function endOf({ until }: Waiting): number {
  return until ?? Infinity;
}

function waitOf(stepKey: string, state: StepState): Waiting | null {
  if (state.kind === "waiting") {
    return { ...state, stepKey };
  }
  if (state.kind !== "retrying") return null;
  return { kind: "waiting", for: "retry", until: state.nextRetryAt, stepKey };
}

async function continueLater(turn: TurnState): Promise<void> {
  await turn.ctx.scheduler.runAfter(0, internal.executor.timers.resume, {
    runId: turn.run._id,
  });
}
