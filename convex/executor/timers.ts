/** Scheduled mutations that move runs: delays that are over, retries that are due, continuations, run timeouts. */
import { v } from "convex/values";
import { internalMutation } from "../functions";
import { cancelPartOfRun } from "./flow/cancelInside";
import { endSoon, findEnding } from "./runs/runEndings";
import { timeOutRun, timeOutStep } from "./flow/timeouts";
import { endWait, retryStep, wakeStep } from "./flow/stepControls";
import { type Timer, vTimer } from "./flow/timerRequests";
import { loadEnded, loadTurn, takeTurn } from "./flow/turn";
import type { TurnState } from "./flow/turnState";

/** Does nothing when what it was for has ended or changed meanwhile. */
export const fire = internalMutation({
  args: { runId: v.id("workflowRuns"), timer: vTimer },
  returns: v.null(),
  handler: async (ctx, { runId, timer }) => {
    const turn = await loadTurn(ctx, runId);
    if (turn !== null) await fireOn(turn, timer);
    return null;
  },
});

/** What a timer does not change is not written, nor that it fired. */
async function fireOn(turn: TurnState, timer: Timer): Promise<void> {
  const key = "key" in timer ? timer.key : null;
  turn.log.add({ type: "timer", timer: timer.kind, key });
  switch (timer.kind) {
    case "delay":
      return await wakeStep(turn, timer.key, { early: false });
    case "retry":
      return await retryStep(turn, timer.key, { failedAttempt: timer.attempt });
    case "waitTimeout":
      return await endWait(turn, timer.key);
    case "stepTimeout":
      return await timeOutStep(turn, timer.key);
    case "runTimeout":
      return await timeOutRun(turn);
  }
}

/** The next part of what was active in a run when it ended. */
export const endRest = internalMutation({
  args: { runId: v.id("workflowRuns") },
  returns: v.null(),
  handler: async (ctx, { runId }) => {
    const ending = await findEnding(ctx, runId);
    if (ending === null) return null;
    const turn = await loadEnded(ctx, runId);
    const isDone = turn === null || (await cancelPartOfRun(turn));
    await turn?.flush();
    if (isDone) await ctx.db.delete("runEndings", ending._id);
    else await endSoon(ctx, runId);
    return null;
  },
});

/** Goes on with what an earlier turn left when its budget ran out. */
export const resume = internalMutation({
  args: { runId: v.id("workflowRuns") },
  returns: v.null(),
  handler: async (ctx, { runId }) => {
    const turn = await loadTurn(ctx, runId);
    if (turn !== null && turn.run.backlog.length > 0) await takeTurn(turn, []);
    return null;
  },
});
