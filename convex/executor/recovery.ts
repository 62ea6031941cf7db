/**
 * Workers that died: their lease runs out, the generation moves on, and what they had claimed is tried again. Runs
 * that nothing would ever move again (E4) are found by `repairs.ts` and moved.
 */
import { v } from "convex/values";
import { internal } from "../_generated/api";
import type { Doc } from "../_generated/dataModel";
import { internalMutation, type MutationCtx } from "../functions";
import { endAttempt } from "./effects/attempts";
import { repairBulkJobs } from "./bulkWork";
import { repairQueues } from "./queue/queueAudit";
import { GRACE_MS } from "./runs/movers";
import { repairEndings } from "./repairs";
import { findSlot, startWorker, watchLease } from "./effects/slots";
import { interruptStep } from "./effects/interruptions";
import { loadTurn } from "./flow/turn";
import { abandonRun } from "./runs/stalledRuns";
import { repairSearches } from "./waits/eventSearches";

const BATCH = 200;
/** Of tasks that a dead worker had, in one transaction: each is a turn. */
const PORTION = 32;

/**
 * Watches a slot: scheduled with its worker for the end of the lease, and again for as long as there is a lease. It is in
 * the database like everything else, so it also watches workers that a killed process took with it.
 */
export const checkLease = internalMutation({
  args: { slot: v.number() },
  returns: v.null(),
  handler: async (ctx, { slot }) => {
    const row = await findSlot(ctx, slot);
    if (row?.state.kind !== "running") return null;
    const { leaseExpiresAt } = row.state;
    if (leaseExpiresAt > Date.now()) await watchLease(ctx, row, leaseExpiresAt);
    else await recoverSlot(ctx, row);
    return null;
  },
});

/** A safety net, each minute: E4 holds even if something above has a hole. */
export const sweep = internalMutation({
  args: {},
  returns: v.null(),
  handler: async (ctx) => {
    const now = Date.now();
    const running = await ctx.db
      .query("workerSlots")
      .withIndex("by_state", (q) => q.eq("state.kind", "running"))
      .collect();
    for (const row of running) {
      if (isExpired(row, now)) await recoverSlot(ctx, row);
    }
    await wakeForgottenSlots(ctx, now);
    await repairBulkJobs(ctx);
    await repairEndings(ctx);
    await repairSearches(ctx, now - GRACE_MS);
    await repairQueues(ctx, now - GRACE_MS);
    const repair = internal.executor.repairs.repairRuns;
    await ctx.scheduler.runAfter(0, repair, { kind: "running", after: 0 });
    return null;
  },
});

function isExpired(row: Doc<"workerSlots">, now: number): boolean {
  return row.state.kind === "running" && row.state.leaseExpiresAt <= now;
}

/** In portions, each task apart: a run that cannot take its turn must not keep the others of its slot from theirs. */
async function recoverSlot(
  ctx: MutationCtx,
  row: Doc<"workerSlots">,
): Promise<void> {
  const now = Date.now();
  const { slot } = row;
  const claimed = await ctx.db
    .query("tasks")
    .withIndex("by_slot_and_claimedBy_and_readyAt", (q) =>
      q.eq("slot", slot).gt("claimedBy", null),
    )
    .take(PORTION);
  for (const task of claimed) await interruptOrAbandon(ctx, task);
  if (claimed.length === PORTION) await watchLease(ctx, row, now);
  else await startWorker(ctx, slot, { row, now });
}

async function interruptOrAbandon(
  ctx: MutationCtx,
  { _id: taskId, runId, stepKey }: Doc<"tasks">,
): Promise<void> {
  try {
    await ctx.runMutation(internal.executor.recovery.interrupt, { taskId });
  } catch (error) {
    console.error(`The run ${runId} cannot go on at ${stepKey}:`, error);
    await ctx.runMutation(internal.executor.recovery.abandon, { taskId });
  }
}

/**
 * Nobody knows whether the effect happened: the attempt is tried again and does not count against `maxAttempts`. The turn
 * of another task of its run may have removed this one.
 */
export const interrupt = internalMutation({
  args: { taskId: v.id("tasks") },
  returns: v.null(),
  handler: async (ctx, { taskId }) => {
    const task = await ctx.db.get("tasks", taskId);
    if (task === null) return null;
    const endedAt = Date.now();
    await endAttempt(ctx, task, { status: "interrupted", endedAt });
    await ctx.db.delete("tasks", taskId);
    const turn = await loadTurn(ctx, task.runId);
    if (turn === null) return null;
    const step = await turn.step(task.stepKey);
    if (step.state.kind === "running" && step.attempt === task.attempt)
      await interruptStep(turn, step);
    return null;
  },
});

export const abandon = internalMutation({
  args: { taskId: v.id("tasks") },
  returns: v.null(),
  handler: async (ctx, { taskId }) => {
    const task = await ctx.db.get("tasks", taskId);
    if (task !== null) await abandonRun(ctx, task);
    return null;
  },
});

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
