/** Ending what is still active: inside a container that ends, or in a run that has ended. A part at a time. */
import type { StepFields } from "../../model/stepFields";
import {
  withdrawApprovals,
  withdrawApprovalsOfRun,
} from "../waits/approvalRequests";
import { cancelChildOf } from "../runs/childRunRequests";
import { cancelWaitOf, cancelWaitsOfRun } from "../waits/eventWaits";
import { endLater } from "../runs/runEndings";
import { cancelTasksOf, cancelTasksOfRun } from "../effects/tasks";
import { ACTIVE_STEP_STATES, type Work } from "./transitions";
import type { TurnState } from "./turnState";

/** Rows of each state, tasks and waits that one transaction ends. */
const PART = 1_000;

/** The work that is returned has to be done before anything else. */
export async function cancelInside(
  turn: TurnState,
  container: string,
): Promise<Work[]> {
  const active = await turn.stepsInside(container, ACTIVE_STEP_STATES, PART);
  for (const step of active) await cancelStep(turn, step);
  if (active.length < PART) return [];
  turn.stepsTaken += active.length;
  return [{ do: "cancel", key: container }];
}

/** What is inside it is left alone. */
export async function cancelStep(
  turn: TurnState,
  step: StepFields,
): Promise<void> {
  const { key, state } = step;
  await turn.end(key, { kind: "cancelled" });
  if (state.kind !== "waiting") return await cancelTasksOf(turn, key);
  if (state.for === "run") await cancelChildOf(turn, step);
  if (state.for === "event") await cancelWaitOf(turn, key);
  if (state.for === "approval") await withdrawApprovals(turn, key);
}

/** The run has ended: everything in it ends now, or the rest of very much in further transactions (E6). */
export async function cancelAll(turn: TurnState): Promise<void> {
  if (!(await cancelPartOfRun(turn))) await endLater(turn.ctx, turn.run._id);
}

/** True when nothing is left. */
export async function cancelPartOfRun(turn: TurnState): Promise<boolean> {
  const active = await turn.stepsIn(ACTIVE_STEP_STATES, PART);
  for (const step of active) {
    const { key, state } = step;
    await turn.end(key, { kind: "cancelled" });
    if (state.kind === "waiting" && state.for === "run")
      await cancelChildOf(turn, step);
  }
  const ended = [
    active.length,
    await cancelTasksOfRun(turn, PART),
    await cancelWaitsOfRun(turn, PART),
    await withdrawApprovalsOfRun(turn, PART),
  ];
  return ended.every((count) => count < PART);
}
