/**
 * Writer of `triggers` and `webhookEndpoints`. A schedule's `nextFireAt` is its fence: a scheduled firing that was made
 * for another time does nothing, so no time fires twice.
 */
import { internal } from "../_generated/api";
import type { Doc, Id } from "../_generated/dataModel";
import { must, userError } from "../errors";
import type { MutationCtx, QueryCtx } from "../functions";
import { EVENT_NAME_RULE, isEventName } from "../language/eventNames";
import type { Role } from "../validators/organizations";
import type { Trigger, TriggerSetting } from "../validators/triggers";
import { can } from "./access";
import { checkedName } from "./names";
import { nextTime, nextTimes, type Schedule } from "./scheduleTimes";
import { hashToken, newToken } from "./webhookTokens";
import { environment } from "../environment";

const MAX_TRIGGERS = 50;

async function rowsOf(
  ctx: QueryCtx,
  workflowId: Id<"workflows">,
): Promise<Doc<"triggers">[]> {
  return await ctx.db
    .query("triggers")
    .withIndex("by_workflowId", (q) => q.eq("workflowId", workflowId))
    .take(MAX_TRIGGERS);
}

export async function triggersOf(
  ctx: QueryCtx,
  workflowId: Id<"workflows">,
  role: Role,
): Promise<Trigger[]> {
  const rows = await rowsOf(ctx, workflowId);
  return await Promise.all(rows.map((row) => toTrigger(ctx, row, role)));
}

/** For the snapshot that a version keeps. */
export async function triggerSettings(
  ctx: QueryCtx,
  workflowId: Id<"workflows">,
): Promise<TriggerSetting[]> {
  const rows = await rowsOf(ctx, workflowId);
  return rows.map(({ enabled, config }) => ({ enabled, config }));
}

async function toTrigger(
  ctx: QueryCtx,
  { _id, enabled, config, nextFireAt }: Doc<"triggers">,
  role: Role,
): Promise<Trigger> {
  if (config.kind === "schedule")
    return { _id, enabled, ...config, nextFireAt };
  if (config.kind === "event") return { _id, enabled, ...config };
  const endpoint = await endpointOf(ctx, _id);
  return {
    _id,
    enabled,
    ...config,
    url: can(role, "edit") ? webhookUrl(endpoint.token) : null,
    lastDeliveryAt: endpoint.lastDeliveryAt,
  };
}

async function endpointOf(
  ctx: QueryCtx,
  triggerId: Id<"triggers">,
): Promise<Doc<"webhookEndpoints">> {
  const endpoint = await ctx.db
    .query("webhookEndpoints")
    .withIndex("by_triggerId", (q) => q.eq("triggerId", triggerId))
    .unique();
  return must(endpoint, `endpoint of trigger ${triggerId}`);
}

function webhookUrl(token: string): string {
  return `${environment("CONVEX_SITE_URL") ?? ""}/hooks/${token}`;
}

export async function createSchedule(
  ctx: MutationCtx,
  workflow: Doc<"workflows">,
  schedule: Schedule,
): Promise<Id<"triggers">> {
  await requireRoom(ctx, workflow._id);
  const now = Date.now();
  const next = nextTimes(schedule, { after: now, count: 1 });
  if (next.kind === "invalid")
    throw userError("invalid_argument", next.message, { field: "cron" });
  const triggerId = await ctx.db.insert("triggers", {
    organizationId: workflow.organizationId,
    workflowId: workflow._id,
    enabled: true,
    config: {
      kind: "schedule",
      cron: schedule.cron.trim(),
      timeZone: schedule.timeZone,
    },
    nextFireAt: null,
  });
  await planFiring(ctx, triggerId, next.times[0] ?? null);
  return triggerId;
}

export async function createWebhook(
  ctx: MutationCtx,
  workflow: Doc<"workflows">,
  name: string,
): Promise<{ triggerId: Id<"triggers">; url: string }> {
  await requireRoom(ctx, workflow._id);
  const triggerId = await ctx.db.insert("triggers", {
    organizationId: workflow.organizationId,
    workflowId: workflow._id,
    enabled: true,
    config: { kind: "webhook", name: checkedName(name, "webhook") },
    nextFireAt: null,
  });
  const token = newToken();
  const tokenHash = await hashToken(token);
  const endpoint = { triggerId, token, tokenHash, lastDeliveryAt: null };
  await ctx.db.insert("webhookEndpoints", endpoint);
  return { triggerId, url: webhookUrl(token) };
}

export async function createEventTrigger(
  ctx: MutationCtx,
  workflow: Doc<"workflows">,
  event: string,
): Promise<Id<"triggers">> {
  await requireRoom(ctx, workflow._id);
  if (!isEventName(event))
    throw userError(
      "invalid_argument",
      `The name of an event is ${EVENT_NAME_RULE}.`,
      { field: "event" },
    );
  return await ctx.db.insert("triggers", {
    organizationId: workflow.organizationId,
    workflowId: workflow._id,
    enabled: true,
    config: { kind: "event", event },
    nextFireAt: null,
  });
}

/** Starts the workflows that an event starts, each in a transaction of its own. */
export async function fireEventTriggers(
  ctx: MutationCtx,
  event: Doc<"events">,
): Promise<void> {
  const triggers = await ctx.db
    .query("triggers")
    .withIndex("by_organizationId_and_event", (q) =>
      q
        .eq("organizationId", event.organizationId)
        .eq("config.event", event.name),
    )
    .collect();
  for (const { _id: triggerId, enabled } of triggers) {
    if (!enabled) continue;
    const args = { triggerId, eventId: event._id };
    await ctx.scheduler.runAfter(0, internal.triggerRuns.fireEvent, args);
  }
}

async function requireRoom(
  ctx: QueryCtx,
  workflowId: Id<"workflows">,
): Promise<void> {
  if ((await rowsOf(ctx, workflowId)).length < MAX_TRIGGERS) return;
  throw userError(
    "conflict",
    `A workflow has at most ${MAX_TRIGGERS} triggers; remove one first.`,
  );
}

export async function setEnabled(
  ctx: MutationCtx,
  trigger: Doc<"triggers">,
  enabled: boolean,
): Promise<void> {
  if (trigger.enabled === enabled) return;
  await ctx.db.patch("triggers", trigger._id, { enabled, nextFireAt: null });
  if (!enabled || trigger.config.kind !== "schedule") return;
  await planFiring(ctx, trigger._id, nextTime(trigger.config, Date.now()));
}

/** Null: the schedule has no more times. */
export async function planFiring(
  ctx: MutationCtx,
  triggerId: Id<"triggers">,
  dueAt: number | null,
): Promise<void> {
  await ctx.db.patch("triggers", triggerId, { nextFireAt: dueAt });
  if (dueAt === null) return;
  const args = { triggerId, dueAt };
  await ctx.scheduler.runAt(dueAt, internal.triggerRuns.fire, args);
}

export async function removeTrigger(
  ctx: MutationCtx,
  trigger: Doc<"triggers">,
): Promise<void> {
  if (trigger.config.kind === "webhook") {
    const endpoint = await endpointOf(ctx, trigger._id);
    await ctx.db.delete("webhookEndpoints", endpoint._id);
  }
  await ctx.db.delete("triggers", trigger._id);
}

export async function removeTriggersOf(
  ctx: MutationCtx,
  workflowId: Id<"workflows">,
): Promise<void> {
  for (const trigger of await rowsOf(ctx, workflowId))
    await removeTrigger(ctx, trigger);
}

/** Notes the delivery; null when no webhook has this token. */
export async function takeDelivery(
  ctx: MutationCtx,
  tokenHash: string,
): Promise<Doc<"triggers"> | null> {
  const endpoint = await ctx.db
    .query("webhookEndpoints")
    .withIndex("by_tokenHash", (q) => q.eq("tokenHash", tokenHash))
    .unique();
  if (endpoint === null) return null;
  await ctx.db.patch("webhookEndpoints", endpoint._id, {
    lastDeliveryAt: Date.now(),
  });
  return await ctx.db.get("triggers", endpoint.triggerId);
}
