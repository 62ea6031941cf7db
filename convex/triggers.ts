import { v } from "convex/values";
import type { Doc, Id } from "./_generated/dataModel";
import { notFound } from "./errors";
import { mutation, query, type MutationCtx } from "./functions";
import { requireWorkflow, visible } from "./model/access";
import { nextTimes } from "./model/scheduleTimes";
import * as model from "./model/triggers";
import { vTrigger } from "./validators/triggers";

const vSchedule = { cron: v.string(), timeZone: v.string() };

export const list = query({
  args: { workflowId: v.id("workflows") },
  returns: v.array(vTrigger),
  handler: async (ctx, { workflowId }) => {
    const found = await visible(ctx, await ctx.db.get("workflows", workflowId));
    if (found === null) return [];
    return await model.triggersOf(ctx, workflowId, found.role);
  },
});

/** The next five times, or what is wrong. As of when it was asked: the answer is not refreshed by time. */
export const previewSchedule = query({
  args: vSchedule,
  returns: v.union(
    v.object({ kind: v.literal("ok"), times: v.array(v.number()) }),
    v.object({ kind: v.literal("invalid"), message: v.string() }),
  ),
  handler: (_ctx, schedule) =>
    nextTimes(schedule, { after: Date.now(), count: 5 }),
});

export const createSchedule = mutation({
  args: { workflowId: v.id("workflows"), ...vSchedule },
  returns: v.object({ triggerId: v.id("triggers") }),
  handler: async (ctx, { workflowId, ...schedule }) => {
    const { workflow } = await requireWorkflow(ctx, workflowId, "edit");
    return { triggerId: await model.createSchedule(ctx, workflow, schedule) };
  },
});

export const createWebhook = mutation({
  args: { workflowId: v.id("workflows"), name: v.string() },
  returns: v.object({ triggerId: v.id("triggers"), url: v.string() }),
  handler: async (ctx, { workflowId, name }) => {
    const { workflow } = await requireWorkflow(ctx, workflowId, "edit");
    return await model.createWebhook(ctx, workflow, name);
  },
});

/** Each event of this name starts a run, with its data as input. */
export const createEvent = mutation({
  args: { workflowId: v.id("workflows"), event: v.string() },
  returns: v.object({ triggerId: v.id("triggers") }),
  handler: async (ctx, { workflowId, event }) => {
    const { workflow } = await requireWorkflow(ctx, workflowId, "edit");
    const name = event.trim();
    return { triggerId: await model.createEventTrigger(ctx, workflow, name) };
  },
});

export const setEnabled = mutation({
  args: { triggerId: v.id("triggers"), enabled: v.boolean() },
  returns: v.null(),
  handler: async (ctx, { triggerId, enabled }) => {
    await model.setEnabled(ctx, await editable(ctx, triggerId), enabled);
    return null;
  },
});

export const remove = mutation({
  args: { triggerId: v.id("triggers") },
  returns: v.null(),
  handler: async (ctx, { triggerId }) => {
    await model.removeTrigger(ctx, await editable(ctx, triggerId));
    return null;
  },
});

async function editable(
  ctx: MutationCtx,
  triggerId: Id<"triggers">,
): Promise<Doc<"triggers">> {
  const trigger = await ctx.db.get("triggers", triggerId);
  if (trigger === null) throw notFound("trigger");
  await requireWorkflow(ctx, trigger.workflowId, "edit");
  return trigger;
}
