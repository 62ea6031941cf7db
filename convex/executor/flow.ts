/** Carries out, within one turn, what `transitions.ts` and the kinds of steps decide. */
import type { Doc } from "../_generated/dataModel";
import type { Json } from "../language/evaluation";
import type { StepNode } from "../language/graph";
import { eventData } from "../model/events";
import { MAX_PAYLOAD_BYTES, utf8Bytes } from "../model/payloads";
import { beginStep } from "../steps/registry";
import type { StepError } from "../validators";
import { type Begun, failure } from "../steps/stepBegin";
import { type EventOutcome, receive } from "../steps/waitForEvent";
import { askApproval, withdrawApprovals } from "./approvalRequests";
import { afterBranch, type BranchMove, enterBranches } from "./branches";
import { cancelWaitOf, cancelWaitsOfRun, openEventWait } from "./eventWaits";
import { childKey, isIterationKey, parentKeyOf } from "./keys";
import {
  beginIterations,
  loopKeyOf,
  type LoopMove,
  recordIterationEnd,
  startMore,
} from "./loops";
import { evaluateOutput, evaluateStep, scopeFor } from "./stepScope";
import { cancelTasksOf, insertTask } from "./tasks";
import { startTimer } from "./timerRequests";
import {
  ACTIVE_STEP_STATES,
  completedByStop,
  isRunEnded,
  isStepEnded,
  nextAfter,
  nodeAt,
  routeFailure,
  type Work,
} from "./transitions";
import type { TurnState } from "./turnState";

const MAX_ACTIVE_ROWS = 4_000;

export async function perform(turn: TurnState, work: Work): Promise<Work[]> {
  if (work.do === "start") return await start(turn, work.key);
  if (!isIterationKey(work.key)) return await advance(turn, work.key);
  const loopKey = loopKeyOf(work.key);
  return await moveLoop(turn, loopKey, await startMore(turn, loopKey));
}

async function moveLoop(
  turn: TurnState,
  key: string,
  move: LoopMove,
): Promise<Work[]> {
  switch (move.kind) {
    case "work":
      return move.work;
    case "complete":
      return await completeStep(turn, key, move.output);
    case "fail":
      return await failStep(turn, key, move.error);
  }
}

async function start(turn: TurnState, key: string): Promise<Work[]> {
  if (await hasContainerEnded(turn, key)) return [];
  const node = nodeAt(turn.graph, key);
  const begun = await beginStep({
    key,
    node,
    now: turn.now,
    evaluate: (slot, extra) =>
      evaluateStep(turn, key, { node, slot, ...(extra ? { extra } : {}) }),
    scope: () => scopeFor(turn, key, node),
  });
  return await applyBegun(turn, key, { node, begun });
}

/** Another iteration's failure may have ended what the step is in, after the step was queued. */
async function hasContainerEnded(
  turn: TurnState,
  key: string,
): Promise<boolean> {
  const container = parentKeyOf(key);
  return container !== null && isStepEnded((await turn.step(container)).state);
}

async function applyBegun(
  turn: TurnState,
  key: string,
  { node, begun }: { node: StepNode; begun: Begun },
): Promise<Work[]> {
  switch (begun.kind) {
    case "completed":
      turn.addStep(key, node, {});
      return await completeStep(turn, key, begun.output);
    case "failed":
      turn.addStep(key, node, {});
      return await failStep(turn, key, begun.error);
    case "effect": {
      const input = await turn.store(begun.request);
      const state = { kind: "pending" } as const;
      turn.addStep(key, node, {
        state,
        input,
        maxAttempts: node.retry.maxAttempts,
        startedAt: null,
      });
      await insertTask(turn, key, {
        effect: begun.effect,
        input,
        timeoutMs: begun.timeoutMs,
      });
      return [];
    }
    case "sleep":
      turn.addStep(key, node, {
        state: { kind: "waiting", for: "delay", until: begun.until },
      });
      await startTimer(turn, begun.until, { kind: "delay", key });
      return [];
    case "awaitApproval":
      turn.addStep(key, node, {});
      return await awaitApproval(turn, key, begun.request);
    case "awaitEvent":
      turn.addStep(key, node, {});
      return await awaitEvent(turn, key, begun.wait);
    case "branch":
      turn.addStep(key, node, { branch: begun.branch });
      return await enterBranch(turn, key, begun.branch);
    case "enter":
      turn.addStep(key, node, { branch: begun.branch });
      return enterBranches(turn, key, begun.branches);
    case "stop":
      turn.addStep(key, node, {});
      return await stopWith(turn, key, begun.output);
    case "iterate":
      turn.addStep(key, node, {});
      return await moveLoop(turn, key, await beginIterations(turn, key, begun));
  }
}

async function awaitApproval(
  turn: TurnState,
  key: string,
  request: Extract<Begun, { kind: "awaitApproval" }>["request"],
): Promise<Work[]> {
  const { title, details, until } = request;
  await askApproval(turn, key, request);
  await turn.change(key, {
    input: await turn.store({ title, details }),
    state: { kind: "waiting", for: "approval", title, until },
  });
  if (until !== null)
    await startTimer(turn, until, { kind: "waitTimeout", key });
  return [];
}

async function awaitEvent(
  turn: TurnState,
  key: string,
  wait: Extract<Begun, { kind: "awaitEvent" }>["wait"],
): Promise<Work[]> {
  const { event, match, until } = wait;
  await turn.change(key, { input: await turn.store({ event, match }) });
  const earlier = await openEventWait(turn, key, { event, match });
  if (earlier !== null) return await receiveEvent(turn, key, earlier);
  const shown = match === null ? null : clip(JSON.stringify(match), 200);
  await turn.change(key, {
    state: { kind: "waiting", for: "event", event, match: shown, until },
  });
  if (until !== null)
    await startTimer(turn, until, { kind: "waitTimeout", key });
  return [];
}

/** The step that waits gets its event. */
export async function receiveEvent(
  turn: TurnState,
  key: string,
  event: Doc<"events">,
): Promise<Work[]> {
  const node = nodeAt(turn.graph, key);
  if (node.kind !== "waitForEvent")
    throw new Error(`${key} waits for no event`);
  const { _id: id, name, _creationTime: at } = event;
  const data = eventData(event);
  return await applyOutcome(turn, key, receive(node, { id, name, at, data }));
}

export async function applyOutcome(
  turn: TurnState,
  key: string,
  outcome: EventOutcome,
): Promise<Work[]> {
  return outcome.kind === "completed"
    ? await completeStep(turn, key, outcome.output)
    : await failStep(turn, key, outcome.error);
}

async function enterBranch(
  turn: TurnState,
  key: string,
  branch: "then" | "else",
): Promise<Work[]> {
  const node = nodeAt(turn.graph, key);
  const block = node.kind === "condition" ? node[branch] : null;
  const first = block?.[0];
  if (first !== undefined)
    return [{ do: "start", key: childKey(key, first.name) }];
  return await completeStep(turn, key, { branch, result: null });
}

/** Completes a step with an output and says what follows. */
export async function completeStep(
  turn: TurnState,
  key: string,
  output: Json,
): Promise<Work[]> {
  const json = JSON.stringify(output);
  if (
    json.length > MAX_PAYLOAD_BYTES / 3 &&
    utf8Bytes(json) > MAX_PAYLOAD_BYTES
  ) {
    return await failStep(
      turn,
      key,
      failure(
        "payload_too_large",
        "The output is larger than 16 MiB. Keep large data elsewhere and pass a reference to it.",
      ),
    );
  }
  const ended = await turn.end(
    key,
    { kind: "completed" },
    { output: await turn.store(output) },
  );
  return ended ? [{ do: "advance", key }] : [];
}

async function advance(turn: TurnState, key: string): Promise<Work[]> {
  const next = nextAfter(turn.graph, key);
  switch (next.kind) {
    case "start":
      return [{ do: "start", key: next.key }];
    case "endCondition": {
      const [{ branch }, { output }] = [
        await turn.step(next.key),
        await turn.step(key),
      ];
      return await completeStep(turn, next.key, {
        branch,
        result: await turn.value(output),
      });
    }
    case "endIteration": {
      const { output } = await turn.step(key);
      const ended = await turn.end(next.key, { kind: "completed" }, { output });
      if (!ended) return [];
      await recordIterationEnd(turn, next.key, "completed");
      return [{ do: "advance", key: next.key }];
    }
    case "endBranch": {
      const { output } = await turn.step(key);
      const ended = await turn.end(next.key, { kind: "completed" }, { output });
      return ended ? [{ do: "advance", key: next.key }] : [];
    }
    case "afterBranch":
      return await moveBranches(turn, next.key, key);
    case "endRun":
      await completeRun(turn);
      return [];
  }
}

/** A branch has ended: the switch or parallel around it waits for others, or ends. */
async function moveBranches(
  turn: TurnState,
  key: string,
  branchKey: string,
): Promise<Work[]> {
  if (isStepEnded((await turn.step(key)).state)) return [];
  const move: BranchMove = await afterBranch(turn, key, branchKey);
  switch (move.kind) {
    case "wait":
      return [];
    case "fail":
      return await failStep(turn, key, move.error);
    case "complete":
      return await completeStep(turn, key, move.output);
    case "win":
      if (nodeAt(turn.graph, key).kind === "parallel")
        await cancelInside(turn, key);
      await turn.change(key, { branch: move.branch });
      return await completeStep(turn, key, move.output);
  }
}

/** Ends the run early, as completed. */
async function stopWith(
  turn: TurnState,
  key: string,
  output: Json,
): Promise<Work[]> {
  const work = await completeStep(turn, key, output);
  const step = await turn.step(key);
  if (step.state.kind !== "completed") return work;
  for (const around of completedByStop(turn.graph, key)) {
    await turn.end(around, { kind: "completed" });
    if (isIterationKey(around))
      await recordIterationEnd(turn, around, "completed");
  }
  turn.setRun({
    state: { kind: "completed", stoppedBy: key },
    endedAt: turn.now,
    output: step.output,
    backlog: [],
  });
  await cancelInside(turn, null);
  return [];
}

/** The step has failed for good: what is around it fails with it, up to whatever goes on after errors. */
export async function failStep(
  turn: TurnState,
  key: string,
  error: StepError,
): Promise<Work[]> {
  const state = failedState(error);
  if (!(await turn.end(key, state, { error: storedError(error) }))) return [];
  const { failed, route } = routeFailure(turn.graph, key);
  for (const container of failed) await failContainer(turn, container, error);
  switch (route.kind) {
    case "continueAfter":
      if (failed.length > 0) await cancelInside(turn, route.key);
      return [{ do: "advance", key: route.key }];
    case "skipIteration":
      await cancelInside(turn, route.iteration);
      return [{ do: "advance", key: route.iteration }];
    case "loseRace":
      await cancelInside(turn, route.branch);
      return [{ do: "advance", key: route.branch }];
    case "failRun":
      await failRun(turn, key, error);
      return [];
  }
}

async function failContainer(
  turn: TurnState,
  key: string,
  error: StepError,
): Promise<void> {
  const ended = await turn.end(key, failedState(error), {
    error: storedError(error),
  });
  if (ended && isIterationKey(key))
    await recordIterationEnd(turn, key, "failed");
}

function failedState(error: StepError) {
  return {
    kind: "failed",
    error: { name: error.name, message: clip(error.message, 200) },
  } as const;
}

const clip = (text: string, max: number) =>
  text.length > max ? `${text.slice(0, max - 1)}…` : text;

/** What rows keep: one level of cause is enough to read. */
export function storedError(error: StepError): StepError {
  const { name, code, retryable, frames, cause, http } = error;
  return {
    name,
    message: clip(error.message, 4_000),
    code,
    retryable,
    frames: frames.map(({ fn, line, column }) => ({ fn, line, column })),
    ...(http === undefined ? {} : { http }),
    ...(cause === undefined
      ? {}
      : { cause: { name: cause.name, message: clip(cause.message, 1_000) } }),
  };
}

async function completeRun(turn: TurnState): Promise<void> {
  const result = turn.graph.hasOutput ? await evaluateOutput(turn) : null;
  if (result?.kind === "failed") return await failRun(turn, null, result.error);
  turn.setRun({
    state: { kind: "completed" },
    endedAt: turn.now,
    output: result === null ? null : await turn.store(result.value),
  });
}

export async function failRun(
  turn: TurnState,
  stepKey: string | null,
  error: StepError,
): Promise<void> {
  if (isRunEnded(turn.run.state)) return;
  turn.setRun({
    state: {
      kind: "failed",
      error: { name: error.name, message: clip(error.message, 160), stepKey },
    },
    error: storedError(error),
    endedAt: turn.now,
    backlog: [],
  });
  await cancelInside(turn, null);
}

/** Ends everything that is still active in the run, or inside one container. */
export async function cancelInside(
  turn: TurnState,
  container: string | null,
): Promise<void> {
  const active =
    container === null
      ? await turn.stepsIn(ACTIVE_STEP_STATES, MAX_ACTIVE_ROWS)
      : await turn.stepsInside(container, ACTIVE_STEP_STATES, MAX_ACTIVE_ROWS);
  for (const { key, state } of active) {
    await turn.end(key, { kind: "cancelled" });
    if (container === null) continue;
    if (state.kind === "waiting") {
      await cancelWaitOf(turn, key);
      await withdrawApprovals(turn, key);
    } else await cancelTasksOf(turn, key);
  }
  if (container !== null) return;
  await cancelTasksOf(turn, null);
  await cancelWaitsOfRun(turn);
  await withdrawApprovals(turn, null);
}
