import { ActionCache } from "@convex-dev/action-cache";
import { v } from "convex/values";
import { components, internal } from "./_generated/api";
import { action, internalAction, mutation } from "./_generated/server";

const key = { run: v.string(), text: v.string() };

/** Costly: every call leaves an event. */
export const shout = internalAction({
  args: key,
  handler: async (ctx, { run, text }): Promise<string> => {
    await ctx.runMutation(internal.events.record, { run, kind: "computed" });
    return text.toUpperCase();
  },
});

const cache: ActionCache<typeof internal.cache.shout> = new ActionCache(
  components.actionCache,
  { action: internal.cache.shout, name: "shout-v1" },
);

export const fetch = action({
  args: {
    ...key,
    ttl: v.optional(v.number()),
    force: v.optional(v.boolean()),
  },
  handler: (ctx, { run, text, ...opts }): Promise<string> =>
    cache.fetch(ctx, { run, text }, opts),
});
export const forget = mutation({
  args: key,
  handler: async (ctx, args): Promise<void> => {
    await cache.remove(ctx, args);
  },
});
export const forgetName = mutation({
  args: {},
  handler: async (ctx): Promise<void> => {
    await cache.removeAllForName(ctx);
  },
});
export const forgetAll = action({
  args: {},
  handler: async (ctx): Promise<void> => {
    await cache.removeAll(ctx);
  },
});
