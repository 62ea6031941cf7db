/**
 * Workers that died: their lease runs out, the generation moves on, and what they had claimed is tried again. Runs
 * that nothing would ever move again (E4) are found by `audit.ts` and moved.
 */
import { v } from "convex/values";
import type { Doc } from "../_generated/dataModel";
import { internalMutation, type MutationCtx } from "../functions";
import { repairStuckRuns } from "./audit";
import { endAttempt } from "./reports";
import { findSlot, startWorker } from "./slots";
import { beginAttempt } from "./stepControls";
import { loadTurn, takeTurn } from "./turn";

const BATCH = 200;

/** Each minute, and when the backend starts. */
export const sweep = internalMutation({
  args: {},
  returns: v.null(),
  handler: async (ctx) => {
    const now = Date.now();
    const running = await ctx.db
      .query("workerSlots")
      .withIndex("by_state", (q) => q.eq("state.kind", "running"))
      .collect();
    for (const row of running) await checkSlot(ctx, row, now);
    await wakeForgottenSlots(ctx, now);
    await repairStuckRuns(ctx);
    return null;
  },
});

async function checkSlot(
  ctx: MutationCtx,
  row: Doc<"workerSlots">,
  now: number,
): Promise<void> {
  if (row.state.kind !== "running" || row.state.leaseExpiresAt > now) return;
  const claimed = await ctx.db
    .query("tasks")
    .withIndex("by_slot_and_claimedBy_and_readyAt", (q) =>
      q.eq("slot", row.slot).gt("claimedBy", null),
    )
    .take(BATCH);
  for (const task of claimed) await interrupt(ctx, task, now);
  await startWorker(ctx, row.slot, { row, now });
}

/** Nobody knows whether the effect happened: the attempt is tried again and does not count against `maxAttempts`. */
async function interrupt(
  ctx: MutationCtx,
  task: Doc<"tasks">,
  now: number,
): Promise<void> {
  await endAttempt(ctx, task, { status: "interrupted", endedAt: now });
  await ctx.db.delete(task._id);
  const turn = await loadTurn(ctx, task.runId);
  if (turn === null) return;
  const step = await turn.step(task.stepKey);
  if (step.state.kind !== "running" || step.attempt !== task.attempt) return;
  await turn.change(task.stepKey, { interrupted: step.interrupted + 1 });
  await beginAttempt(turn, task.stepKey);
  await takeTurn(turn, []);
}

/** A slot that sleeps although it has ready tasks: it cannot be, but if it is, it is mended here. */
async function wakeForgottenSlots(
  ctx: MutationCtx,
  now: number,
): Promise<void> {
  const ready = await ctx.db.query("tasks").take(BATCH);
  for (const slot of new Set(ready.map((task) => task.slot))) {
    const row = await findSlot(ctx, slot);
    if (row?.state.kind !== "running")
      await startWorker(ctx, slot, { row, now });
  }
}
