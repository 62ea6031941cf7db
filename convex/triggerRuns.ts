/** Runs that triggers start. Apart from `triggers.ts`, because starting a run loads the sandbox. */
import { v } from "convex/values";
import { internal } from "./_generated/api";
import type { Doc } from "./_generated/dataModel";
import { type ErrorData, errorData, notFound, userError } from "./errors";
import { checkedKey } from "./executor/queue/flowKeys";
import {
  type RunStart,
  startedOf,
  startRun,
  vStartOutcome,
} from "./executor/runs/startRun";
import { internalMutation, type MutationCtx } from "./functions";
import { requireCapacity } from "./model/rateLimits";
import { checkedInput, requireStartable } from "./model/runs";
import { nextTime } from "./model/scheduleTimes";
import { planFiring, takeDelivery } from "./model/triggers";

const OVERDUE_MS = 30_000;
const SWEEP_BATCH = 100;

/** Does nothing unless the schedule is still due at that time; times missed while down fire once. */
export const fire = internalMutation({
  args: { triggerId: v.id("triggers"), dueAt: v.number() },
  returns: v.null(),
  handler: async (ctx, { triggerId, dueAt }) => {
    const trigger = await ctx.db.get("triggers", triggerId);
    if (trigger === null || !trigger.enabled || trigger.nextFireAt !== dueAt)
      return null;
    const { config } = trigger;
    if (config.kind !== "schedule") return null;
    const after = Math.max(dueAt, Date.now());
    await planFiring(ctx, triggerId, nextTime(config, after));
    const start = await prepared(ctx, trigger, "{}");
    if (start.kind === "refused") return null;
    const label = `${config.cron} (${config.timeZone})`;
    await startRun(ctx, { ...start, startedBy: { kind: "schedule", label } });
    return null;
  },
});

/** A refusal is in the log: the sender of an event does not wait for whom it starts. */
export const fireEvent = internalMutation({
  args: { triggerId: v.id("triggers"), eventId: v.id("events") },
  returns: v.null(),
  handler: async (ctx, { triggerId, eventId }) => {
    const trigger = await ctx.db.get("triggers", triggerId);
    const event = await ctx.db.get("events", eventId);
    if (trigger === null || event === null) return null;
    const start = await prepared(ctx, trigger, event.data);
    if (start.kind === "refused") {
      console.warn(
        `event ${event.name} started no run: ${start.error.message}`,
      );
      return null;
    }
    const startedBy = { kind: "event" as const, label: event.name };
    await startRun(ctx, { ...start, startedBy });
    return null;
  },
});

/** Finds schedules whose time has passed and that did not fire. */
export const sweep = internalMutation({
  args: {},
  returns: v.null(),
  handler: async (ctx) => {
    const overdue = await ctx.db
      .query("triggers")
      .withIndex("by_nextFireAt", (q) =>
        q.gt("nextFireAt", 0).lt("nextFireAt", Date.now() - OVERDUE_MS),
      )
      .take(SWEEP_BATCH);
    for (const { _id: triggerId, nextFireAt: dueAt } of overdue) {
      if (dueAt === null) continue;
      const args = { triggerId, dueAt };
      await ctx.scheduler.runAfter(0, internal.triggerRuns.fire, args);
    }
    return null;
  },
});

/** `input` is JSON text. Refusals are data, so that the delivery is noted and counted all the same. */
export const deliver = internalMutation({
  args: {
    tokenHash: v.string(),
    input: v.string(),
    idempotencyKey: v.union(v.string(), v.null()),
  },
  returns: v.union(
    v.object({
      kind: v.literal("started"),
      runId: v.id("workflowRuns"),
      number: v.number(),
      outcome: vStartOutcome,
    }),
    v.object({ kind: v.literal("refused"), error: v.any() }),
  ),
  handler: async (ctx, { tokenHash, input, idempotencyKey }) => {
    const trigger = await takeDelivery(ctx, tokenHash);
    if (trigger === null || trigger.config.kind !== "webhook")
      return refused(notFound("webhook"));
    try {
      await requireCapacity(ctx, "webhook", trigger._id);
    } catch (error) {
      return refused(error);
    }
    const start = await prepared(ctx, trigger, input);
    if (start.kind === "refused") return start;
    const key = idempotencyKey === null ? null : givenKey(idempotencyKey);
    if (typeof key === "object" && key !== null) return key;
    const label = `POST ${trigger.config.name}`;
    const startedBy = { kind: "webhook" as const, label };
    const started = await startRun(ctx, {
      ...start,
      startedBy,
      ...(key === null ? {} : { idempotencyKey: key }),
    });
    if (started.outcome === "refused") return refusal(started.error);
    return { kind: "started" as const, ...startedOf(started) };
  },
});

type Refused = { kind: "refused"; error: ErrorData };
type Prepared =
  ({ kind: "ready" } & Omit<RunStart, "startedBy" | "replayOf">) | Refused;

/** Everything a person could have got wrong is checked before anything is written. */
async function prepared(
  ctx: MutationCtx,
  trigger: Doc<"triggers">,
  inputText: string,
): Promise<Prepared> {
  try {
    const workflow = await ctx.db.get("workflows", trigger.workflowId);
    if (workflow === null) throw notFound("workflow");
    if (!trigger.enabled)
      throw userError("paused", "This trigger is turned off.");
    const version = await requireStartable(ctx, workflow);
    const input = checkedInput(version, inputText);
    return { kind: "ready", workflow, version, input };
  } catch (error) {
    return refused(error);
  }
}

function givenKey(key: string): string | Refused {
  try {
    return checkedKey(key, "Idempotency-Key");
  } catch (error) {
    return refused(error);
  }
}

/** Rethrows a bug. */
function refused(error: unknown): Refused {
  const data = errorData(error);
  if (data === null) throw error;
  return refusal(data);
}

function refusal(error: ErrorData): Refused {
  return { kind: "refused", error };
}
