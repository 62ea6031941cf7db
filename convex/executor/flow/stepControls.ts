/** Moving a step that waits: when its timer fires, or earlier because a person says so. */
import { userError } from "../../errors";
import type { MutationCtx } from "../../functions";
import type { WholeStep } from "../../model/stepFields";
import { giveUp } from "../../steps/waitForEvent";
import type { StepState } from "../../validators/steps";
import { endApproval } from "../waits/approvals";
import { requestRun } from "../runs/childRunRequests";
import { closeWait, findWait } from "../waits/eventWaits";
import { enterLate } from "../waits/lateSteps";
import { applyOutcome, completeStep, failStep } from "./stepEnds";
import { insertTask } from "../effects/tasks";
import { nodeAt, type Work } from "./transitions";
import { loadTurn, takeTurn } from "./turn";
import type { TurnState } from "./turnState";

/** Ends a delay. The output is when it woke. */
export async function wakeStep(
  turn: TurnState,
  key: string,
  { early }: { early: boolean },
): Promise<void> {
  const { state } = await turn.step(key);
  if (state.kind !== "waiting" || state.for !== "delay") return;
  if (!early && state.until > turn.now) return;
  await takeTurn(
    turn,
    await completeStep(turn, key, new Date(turn.now).toISOString()),
  );
}

/** Ends what waits for somebody or something outside and whose time is up. */
export async function endWait(turn: TurnState, key: string): Promise<void> {
  const { kind } = nodeAt(turn.graph, key);
  if (kind === "approval") await endApproval(turn, key);
  else await endEventWait(turn, key);
}

/** Ends the wait for an event whose time is up, unless an event is on its way to it. */
async function endEventWait(turn: TurnState, key: string): Promise<void> {
  const wait = await findWait(turn.ctx, turn.run._id, key);
  if (wait === null || wait.eventId !== null) return;
  const node = nodeAt(turn.graph, key);
  if (node.kind !== "waitForEvent")
    throw new Error(`${key} waits for no event`);
  await closeWait(turn.ctx, wait);
  await takeTurn(
    turn,
    node.late === undefined
      ? await applyOutcome(turn, key, giveUp(node))
      : await enterLate(turn, key, node),
  );
}

/** Starts the attempt after `failedAttempt`, unless that has happened already. */
export async function retryStep(
  turn: TurnState,
  key: string,
  { failedAttempt }: { failedAttempt: number },
): Promise<void> {
  const step = await turn.step(key);
  if (step.state.kind !== "retrying" || step.attempt !== failedAttempt) return;
  await takeTurn(turn, await beginAttempt(turn, key));
}

/** The next attempt with the request of the first, within what is left of the step's time; else what its failure leads to. */
export async function beginAttempt(
  turn: TurnState,
  key: string,
): Promise<Work[]> {
  const step = await turn.step(key);
  const node = nodeAt(turn.graph, key);
  if (node.kind === "run") return await runAgain(turn, key);
  if (step.input === null || (node.kind !== "http" && node.kind !== "action")) {
    throw new Error(
      `Step ${key} of run ${turn.run._id} has no effect to try again`,
    );
  }
  const leftMs =
    node.timeoutMs === null ? null : step.createdAt + node.timeoutMs - turn.now;
  if (leftMs !== null && leftMs <= 0) return await failTimedOut(turn, key);
  await turn.change(key, {
    state: { kind: "pending" },
    attempt: step.attempt + 1,
  });
  const fallbackMs = node.kind === "http" ? 60_000 : 300_000;
  await insertTask(turn, key, {
    effect: node.kind,
    input: step.input,
    timeoutMs: leftMs ?? fallbackMs,
  });
  return [];
}

async function runAgain(turn: TurnState, key: string): Promise<Work[]> {
  const { attempt } = await turn.step(key);
  await turn.change(key, { attempt: attempt + 1 });
  return await requestRun(turn, key);
}

async function failTimedOut(turn: TurnState, key: string): Promise<Work[]> {
  const message = "The step's time ran out before another attempt could start.";
  return await failStep(turn, key, {
    name: "TimeoutError",
    message,
    code: "timeout",
    retryable: false,
    frames: [],
  });
}

/** A person (`by`) does not want to wait for the backoff. */
export async function retryNow(
  ctx: MutationCtx,
  step: WholeStep,
  by: string,
): Promise<void> {
  const turn = await loadTurn(ctx, step.runId);
  if (turn === null || step.state.kind !== "retrying") {
    throw userError("conflict", "The step is no longer waiting for a retry.");
  }
  turn.log.add({ type: "person", did: "retry", by, key: step.key });
  await retryStep(turn, step.key, { failedAttempt: step.attempt });
}

/** A person (`by`) does not want to wait for the delay. */
export async function skipDelay(
  ctx: MutationCtx,
  step: WholeStep,
  by: string,
): Promise<void> {
  const turn = await loadTurn(ctx, step.runId);
  if (turn === null || !isAsleep(step.state)) {
    throw userError("conflict", "The delay is already over.");
  }
  turn.log.add({ type: "person", did: "skip", by, key: step.key });
  await wakeStep(turn, step.key, { early: true });
}

function isAsleep(state: StepState): boolean {
  return state.kind === "waiting" && state.for === "delay";
}
