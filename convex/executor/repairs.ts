/**
 * Runs that should have moved and did not (E4) are moved, once a minute. What fails again and again, because it fits no
 * transaction or always throws, ends its run instead of being tried for ever.
 */
import { v } from "convex/values";
import type { Doc, Id } from "../_generated/dataModel";
import { internal } from "../_generated/api";
import { internalMutation, type MutationCtx } from "../functions";
import type { WholeStep } from "../model/stepFields";
import {
  GRACE_MS,
  isPreparing,
  sleepingSteps,
  waitsOfRun,
} from "./runs/movers";
import { missSoon, startSoon, tellParent } from "./runs/childRunRequests";
import { deliverSoon } from "./waits/eventWaits";
import { endSoon } from "./runs/runEndings";
import { giveUpRun, mayTry } from "./runs/stalledRuns";
import { findSeed, prepareSoon } from "./replay/seedRequests";
import type { Timer } from "./flow/timerRequests";
import { isRunEnded } from "./flow/transitions";

const BATCH = 100;

type Run = Doc<"workflowRuns">;
type Step = WholeStep;

/** `what` is the same for as long as nothing has moved. */
type Repair = { what: string; act: () => Promise<void> };

const vKind = v.union(v.literal("running"), v.literal("waiting"));

/** Looks at every run that has not ended, a batch in each transaction. */
export const repairRuns = internalMutation({
  args: { kind: vKind, after: v.number() },
  returns: v.null(),
  handler: async (ctx, { kind, after }) => {
    const runs = await ctx.db
      .query("workflowRuns")
      .withIndex("by_state", (q) =>
        q.eq("state.kind", kind).gt("_creationTime", after),
      )
      .take(BATCH);
    for (const run of runs) await repairRun(ctx, run);
    const last = runs.at(-1);
    const next = internal.executor.repairs.repairRuns;
    if (last !== undefined && runs.length === BATCH)
      await ctx.scheduler.runAfter(0, next, {
        kind,
        after: last._creationTime,
      });
    else if (kind === "running")
      await ctx.scheduler.runAfter(0, next, { kind: "waiting", after: 0 });
    return null;
  },
});

/** Ends of runs that did not go on. */
export async function repairEndings(ctx: MutationCtx): Promise<void> {
  const endings = await ctx.db
    .query("runEndings")
    .withIndex("by_creation_time", (q) =>
      q.lt("_creationTime", Date.now() - GRACE_MS),
    )
    .take(BATCH);
  for (const { runId } of endings) await endSoon(ctx, runId);
}

async function repairRun(ctx: MutationCtx, run: Run): Promise<void> {
  const repair = await repairOf(ctx, run);
  if (repair === null) return;
  const { what, act } = repair;
  if (await mayTry(ctx, run, { what, first: firstTry(run) })) await act();
}

/** A backlog is normal; only one that is the same a minute later has stopped. */
function firstTry({ backlog }: Run): 0 | 1 {
  return backlog.length > 0 ? 0 : 1;
}

async function repairOf(ctx: MutationCtx, run: Run): Promise<Repair | null> {
  const runId = run._id;
  if (isPreparing(run)) return await repairSeed(ctx, runId);
  const { backlog } = run;
  if (backlog.length > 0) {
    const first = `${backlog[0]?.do} ${backlog[0]?.key}`;
    return {
      what: `${first} and ${backlog.length - 1} more`,
      act: async () => {
        const resume = internal.executor.timers.resume;
        await ctx.scheduler.runAfter(0, resume, { runId });
      },
    };
  }
  return (
    (await repairDelivery(ctx, runId)) ??
    (await repairChild(ctx, runId)) ??
    (await repairTimer(ctx, runId))
  );
}

/** A portion that was not taken over. */
async function repairSeed(
  ctx: MutationCtx,
  runId: Id<"workflowRuns">,
): Promise<Repair | null> {
  const seed = await findSeed(ctx, runId);
  if (seed === null || Date.now() - seed.portionAt < GRACE_MS) return null;
  const { portion } = seed;
  return {
    what: `preparing portion ${portion}`,
    act: () => prepareSoon(ctx, runId, portion),
  };
}

/** An event that a step got and that its run's turn did not take. */
async function repairDelivery(
  ctx: MutationCtx,
  runId: Id<"workflowRuns">,
): Promise<Repair | null> {
  const before = Date.now() - GRACE_MS;
  const late = (await waitsOfRun(ctx, runId)).find(
    ({ matchedAt }) => (matchedAt ?? before) < before,
  );
  if (late === undefined) return null;
  const { stepKey } = late;
  return {
    what: `the event of ${stepKey}`,
    act: () => deliverSoon(ctx, runId, stepKey),
  };
}

/** A run that did not start for its step, one that is gone, or one whose end its parent did not take. */
async function repairChild(
  ctx: MutationCtx,
  runId: Id<"workflowRuns">,
): Promise<Repair | null> {
  for (const step of await sleepingSteps(ctx, runId, "waiting")) {
    if (step.state.kind !== "waiting" || step.state.for !== "run") continue;
    const { key: stepKey, attempt, childRun } = step;
    if (childRun?.attempt !== attempt) {
      if (!isOld(step.createdAt)) continue;
      return {
        what: `the run of ${stepKey}, attempt ${attempt}`,
        act: () => startSoon(ctx, { runId, stepKey, attempt }),
      };
    }
    const child = await ctx.db.get("workflowRuns", childRun.runId);
    if (child === null)
      return {
        what: `the missing run of ${stepKey}, attempt ${attempt}`,
        act: () => missSoon(ctx, { runId, stepKey, attempt }),
      };
    if (isRunEnded(child.state) && isOld(child.endedAt ?? 0))
      return {
        what: `the end of the run of ${stepKey}, attempt ${attempt}`,
        act: () => tellParent(ctx, child),
      };
  }
  return null;
}

function isOld(at: number): boolean {
  return Date.now() - at > GRACE_MS;
}

/** A timer that did not fire. */
async function repairTimer(
  ctx: MutationCtx,
  runId: Id<"workflowRuns">,
): Promise<Repair | null> {
  const overdue = await overdueStep(ctx, runId);
  if (overdue === null) return null;
  const timer = timerOf(overdue);
  const { key, attempt } = overdue;
  return {
    what: `the ${timer.kind} of ${key}, attempt ${attempt}`,
    act: async () => {
      const fire = internal.executor.timers.fire;
      await ctx.scheduler.runAfter(0, fire, { runId, timer });
    },
  };
}

async function overdueStep(
  ctx: MutationCtx,
  runId: Id<"workflowRuns">,
): Promise<Step | null> {
  const before = Date.now() - GRACE_MS;
  for (const kind of ["waiting", "retrying"] as const) {
    const steps = await sleepingSteps(ctx, runId, kind);
    const found = steps.find(({ state }) => {
      if (state.kind === "waiting")
        return state.until !== null && state.until < before;
      return state.kind === "retrying" && state.nextRetryAt < before;
    });
    if (found !== undefined) return found;
  }
  return null;
}

function timerOf({ state, key, attempt }: Step): Timer {
  if (state.kind !== "waiting") return { kind: "retry", key, attempt };
  switch (state.for) {
    case "delay":
      return { kind: "delay", key };
    case "run":
      return { kind: "stepTimeout", key };
    case "event":
    case "approval":
      return { kind: "waitTimeout", key };
  }
}

/** Ends a run that could not be moved. */
export const giveUp = internalMutation({
  args: { runId: v.id("workflowRuns") },
  returns: v.null(),
  handler: async (ctx, { runId }) => {
    await giveUpRun(ctx, runId);
    return null;
  },
});
