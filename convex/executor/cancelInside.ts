import { withdrawApprovals } from "./approvalRequests";
import { cancelWaitOf, cancelWaitsOfRun } from "./eventWaits";
import { cancelTasksOf } from "./tasks";
import { ACTIVE_STEP_STATES } from "./transitions";
import type { TurnState } from "./turnState";

const MAX_ACTIVE_ROWS = 4_000;

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
