import type { Doc } from "../../_generated/dataModel";
import { userError } from "../../errors";
import type { MutationCtx } from "../../functions";
import { cancelAll } from "../flow/cancelInside";
import { loadTurn, takeTurn } from "../flow/turn";
import type { TurnState } from "../flow/turnState";
import { endFailing } from "./failing";

/**
 * One transaction: run, steps and tasks end together (E6). Timers find the run ended and do nothing; workers find
 * their tasks gone and abort. `by` is who did it, for people; `reason` why, when it was nobody. A run that has failed
 * stays failed: what ends is its `onFailure`.
 */
export async function cancelRun(
  ctx: MutationCtx,
  run: Doc<"workflowRuns">,
  by: string,
  reason?: string,
): Promise<void> {
  const turn = await loadTurn(ctx, run._id);
  if (turn === null)
    throw userError("already_ended", `Run #${run.number} has already ended.`);
  turn.log.add({ type: "person", did: "cancel", by, key: null });
  if (turn.run.failing === undefined) await endCancelled(turn, by, reason);
  else await endFailing(turn, null);
  await takeTurn(turn, []);
}

async function endCancelled(
  turn: TurnState,
  by: string,
  reason: string | undefined,
): Promise<void> {
  turn.setRun({
    state: {
      kind: "cancelled",
      by,
      ...(reason === undefined ? {} : { reason }),
    },
    endedAt: turn.now,
    backlog: [],
  });
  await cancelAll(turn);
}
