/** The worker's side of the database: one mutation takes reports and hands out work. */
import { v } from "convex/values";
import type { Doc, Id } from "../_generated/dataModel";
import {
  internalMutation,
  internalQuery,
  type MutationCtx,
  type QueryCtx,
} from "../functions";
import { programOf } from "../model/programs";
import {
  claimTasks,
  countReady,
  tasksOf,
  vClaimedTask,
  withRequests,
} from "./effects/claims";
import { Handout } from "./effects/handout";
import { abandonRun } from "./runs/stalledRuns";
import { applyReport, vReport } from "./effects/reports";
import { appendOutput, type Output, vOutput } from "./effects/stepOutput";
import { heldSlot, LEASE_MS, startWorker } from "./effects/slots";

const vExchanged = v.union(
  /** Another worker has the slot: stop, and drop what is in flight. */
  v.object({ kind: v.literal("superseded") }),
  /** There is nothing to do, and the slot sleeps from now on: stop. */
  v.object({ kind: v.literal("idle") }),
  v.object({
    kind: v.literal("ok"),
    tasks: v.array(vClaimedTask),
    /** Of `inFlight`: those whose run has ended meanwhile. Abort them. */
    gone: v.array(v.id("tasks")),
  }),
);

/** Reports first, so that what became ready through them is handed out in the same transaction. */
export const exchange = internalMutation({
  args: {
    slot: v.number(),
    generation: v.number(),
    reports: v.array(vReport),
    /** What tasks in flight have said since the last time. */
    said: v.array(v.object({ taskId: v.id("tasks"), output: vOutput })),
    room: v.number(),
    inFlight: v.array(v.id("tasks")),
    extendLease: v.boolean(),
    /** Nothing is in flight: without a task the worker ends. */
    mayRest: v.boolean(),
  },
  returns: vExchanged,
  handler: async (ctx, args) => {
    const held = await heldSlot(ctx, args.slot, args.generation);
    if (held === null) return { kind: "superseded" as const };
    const now = Date.now();
    if (args.extendLease) {
      await ctx.db.patch("workerSlots", held._id, {
        state: { kind: "running", leaseExpiresAt: now + LEASE_MS },
      });
    }
    await appendSaid(ctx, args);
    const waiting = await countReady(ctx, args);
    const handout = new Handout(args.generation, args.room - waiting);
    for (const report of args.reports) await applyReport(ctx, report, handout);
    const room = args.room - handout.tasks.length;
    const claimed =
      waiting > 0 || handout.hasRefused
        ? await claimTasks(ctx, { ...args, room, now })
        : [];
    const tasks = [...claimed, ...(await withRequests(ctx, handout.tasks))];
    const isNoneReady = args.room > 0 && waiting === 0 && !handout.hasRefused;
    const mayRest = args.mayRest && tasks.length === 0;
    if (mayRest && (await rest(ctx, held, { isNoneReady })))
      return { kind: "idle" as const };
    return {
      kind: "ok" as const,
      tasks,
      gone: await goneOf(ctx, args.inFlight),
    };
  },
});

/** Of tasks that are still this worker's. */
async function appendSaid(
  ctx: MutationCtx,
  {
    said,
    generation,
  }: {
    said: { taskId: Id<"tasks">; output: Output }[];
    generation: number;
  },
): Promise<void> {
  for (const { taskId, output } of said) {
    const task = await ctx.db.get("tasks", taskId);
    if (task?.claimedBy === generation) await appendOutput(ctx, task, output);
  }
}

/** The turn that a report leads to cannot be taken, whatever the reason: the run ends here instead of for ever trying. */
export const abandon = internalMutation({
  args: { slot: v.number(), generation: v.number(), taskId: v.id("tasks") },
  returns: v.null(),
  handler: async (ctx, { slot, generation, taskId }) => {
    const held = await heldSlot(ctx, slot, generation);
    const task = await ctx.db.get("tasks", taskId);
    if (held === null || task?.claimedBy !== generation) return null;
    await abandonRun(ctx, task);
    return null;
  },
});

async function goneOf(
  ctx: MutationCtx,
  inFlight: Id<"tasks">[],
): Promise<Id<"tasks">[]> {
  const rows = await Promise.all(inFlight.map((id) => ctx.db.get("tasks", id)));
  return inFlight.filter((_, index) => rows[index] === null);
}

/** Puts the slot to sleep if there is really nothing to do: the check and the sleep are one transaction. */
async function rest(
  ctx: MutationCtx,
  { _id, slot }: Doc<"workerSlots">,
  { isNoneReady }: { isNoneReady: boolean },
): Promise<boolean> {
  if (!isNoneReady && (await hasReady(ctx, slot))) return false;
  await ctx.db.patch("workerSlots", _id, { state: { kind: "idle" } });
  return true;
}

async function hasReady(ctx: QueryCtx, slot: number): Promise<boolean> {
  const ready = await ctx.db
    .query("tasks")
    .withIndex("by_slot_and_claimedBy_and_readyAt", (q) =>
      q.eq("slot", slot).eq("claimedBy", null),
    )
    .first();
  return ready !== null;
}

/**
 * What a worker that starts has to do at once; null when another has the slot. It writes nothing, but large requests are
 * files, which queries cannot read.
 */
export const claimed = internalMutation({
  args: { slot: v.number(), generation: v.number() },
  returns: v.union(v.null(), v.array(vClaimedTask)),
  handler: async (ctx, args) => {
    const held = await heldSlot(ctx, args.slot, args.generation);
    return held === null ? null : await tasksOf(ctx, args);
  },
});

/** Whether an exchange would find a task. */
export const isWorkReady = internalQuery({
  args: { slot: v.number() },
  returns: v.boolean(),
  handler: async (ctx, { slot }) => await hasReady(ctx, slot),
});

/** A worker that has run long enough and has nothing in flight starts its successor. */
export const handOver = internalMutation({
  args: { slot: v.number(), generation: v.number() },
  returns: v.null(),
  handler: async (ctx, { slot, generation }) => {
    const row = await heldSlot(ctx, slot, generation);
    if (row !== null) await startWorker(ctx, slot, { row, now: Date.now() });
    return null;
  },
});

/** What action code runs; workers keep it per version. */
export const program = internalQuery({
  args: { versionId: v.id("workflowVersions") },
  returns: v.string(),
  handler: async (ctx, { versionId }) => await programOf(ctx, versionId),
});
