/** Runs that do not move: what is tried for them is counted, and after some tries they fail instead of being tried for ever. */
import { internal } from "../../_generated/api";
import type { Doc, Id } from "../../_generated/dataModel";
import type { MutationCtx } from "../../functions";
import { loadTurn, takeTurn } from "../flow/turn";
import type { TurnState } from "../flow/turnState";
import { failRun } from "./runEnds";

/** So often the same thing is tried again. */
const MAX_TRIES = 5;

/** `what` is the same for as long as nothing has moved; `first` is 0 for what may be normal the first time it is seen. */
type Try = { what: string; first: 0 | 1 };

export function mayBeNormal({ first }: Try): boolean {
  return first === 0;
}

/** Counts a try. False: not now, or not any more. */
export async function mayTry(
  ctx: MutationCtx,
  run: Doc<"workflowRuns">,
  { what, first }: Try,
): Promise<boolean> {
  const isSame = run.stalled?.what === what;
  const tries = isSame ? (run.stalled?.tries ?? 0) + 1 : first;
  await ctx.db.patch("workflowRuns", run._id, { stalled: { what, tries } });
  if (tries === 0) return false;
  console.warn(`audit: ${what} of run ${run._id}, try ${tries} (E4)`);
  if (tries <= MAX_TRIES) return true;
  const giveUp = internal.executor.repairs.giveUp;
  await ctx.scheduler.runAfter(0, giveUp, { runId: run._id });
  return false;
}

/** Ends a run that could not be moved. */
export async function giveUpRun(
  ctx: MutationCtx,
  runId: Id<"workflowRuns">,
): Promise<void> {
  const turn = await loadTurn(ctx, runId);
  if (turn === null || (turn.run.stalled?.tries ?? 0) <= MAX_TRIES) return;
  const what = turn.run.stalled?.what;
  const message = `The run could not go on: what comes next (${what}) failed ${MAX_TRIES} times. It takes more time or data than one transaction may, or there is a bug.`;
  await endWithOurs(turn, null, message);
}

/** Ends a run that cannot take the turn which a task leads to. */
export async function abandonRun(
  ctx: MutationCtx,
  { runId, stepKey }: Pick<Doc<"tasks">, "runId" | "stepKey">,
): Promise<void> {
  const turn = await loadTurn(ctx, runId);
  if (turn === null) return;
  const message =
    "The run could not go on after this step: what follows it takes more time or data than one transaction may, or there is a bug.";
  await endWithOurs(turn, stepKey, message);
}

/** An error of ours, not the user's. */
async function endWithOurs(
  turn: TurnState,
  stepKey: string | null,
  message: string,
): Promise<void> {
  await failRun(turn, stepKey, {
    name: "InternalError",
    message,
    code: "internal",
    retryable: false,
    frames: [],
  });
  await takeTurn(turn, []);
}
