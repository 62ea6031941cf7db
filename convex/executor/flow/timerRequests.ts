/** Asking for a timer. What it does when it fires is in `timers.ts`, which checks first whether it still matters. */
import { type Infer, v } from "convex/values";
import { internal } from "../../_generated/api";
import type { StepNode } from "../../language/graph";
import { timeLimitOf } from "./deadlines";
import { isStepEnded } from "./transitions";
import type { TurnState } from "./turnState";

export const vTimer = v.union(
  v.object({ kind: v.literal("delay"), key: v.string() }),
  v.object({ kind: v.literal("retry"), key: v.string(), attempt: v.number() }),
  v.object({ kind: v.literal("waitTimeout"), key: v.string() }),
  v.object({ kind: v.literal("stepTimeout"), key: v.string() }),
  v.object({ kind: v.literal("runTimeout") }),
);
export type Timer = Infer<typeof vTimer>;

export async function startTimer(
  turn: TurnState,
  at: number,
  timer: Timer,
): Promise<void> {
  await turn.ctx.scheduler.runAt(at, internal.executor.timers.fire, {
    runId: turn.run._id,
    timer,
  });
}

/** Asked once a step has begun. */
export async function watchTime(
  turn: TurnState,
  key: string,
  node: StepNode,
): Promise<void> {
  const limit = timeLimitOf(node);
  if (limit === null) return;
  const { state, createdAt } = await turn.step(key);
  if (isStepEnded(state)) return;
  await startTimer(turn, createdAt + limit, { kind: "stepTimeout", key });
}
