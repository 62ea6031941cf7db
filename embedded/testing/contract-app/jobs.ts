import { type GenericId, v } from "convex/values";
import { api } from "./_generated/api";
import { action, mutation, query } from "./server";

export const addLater = mutation({
  args: { text: v.string(), delayMs: v.number() },
  returns: v.id("_scheduled_functions"),
  handler: async (
    ctx,
    { text, delayMs },
  ): Promise<GenericId<"_scheduled_functions">> =>
    await ctx.scheduler.runAfter(delayMs, api.notes.add, { text }),
});

export const addLaterAndFail = mutation({
  args: { text: v.string() },
  handler: async (ctx, { text }) => {
    await ctx.scheduler.runAfter(0, api.notes.add, { text });
    throw new Error("no");
  },
});

/** A chain: each link schedules the next one. */
export const countDown = mutation({
  args: { from: v.number() },
  handler: async (ctx, { from }) => {
    await ctx.db.insert("notes", { text: `${from}` });
    if (from > 0)
      await ctx.scheduler.runAfter(1_000, api.jobs.countDown, {
        from: from - 1,
      });
  },
});

export const forever = mutation({
  args: {},
  handler: async (ctx) => {
    await ctx.scheduler.runAfter(1_000, api.jobs.forever, {});
  },
});

export const cancel = mutation({
  args: { id: v.id("_scheduled_functions") },
  handler: async (ctx, { id }) => await ctx.scheduler.cancel(id),
});

export const states = query({
  args: {},
  handler: async (ctx) =>
    (await ctx.db.system.query("_scheduled_functions").collect()).map(
      ({ state }) => state.kind,
    ),
});

export const failLater = mutation({
  args: {},
  handler: async (ctx) => {
    await ctx.scheduler.runAfter(0, api.notes.fail, { text: "scheduled" });
  },
});

/** Waits for a timer of its own. */
export const slowly = action({
  args: { text: v.string() },
  handler: async (ctx, { text }) => {
    await new Promise((resolve) => setTimeout(resolve, 5_000));
    await ctx.runMutation(api.notes.add, { text });
  },
});

export const startSlowly = action({
  args: { text: v.string() },
  handler: async (ctx, args) => {
    await ctx.scheduler.runAfter(1_000, api.jobs.slowly, args);
  },
});

export const whoamiLater = mutation({
  args: {},
  handler: async (ctx) => {
    await ctx.scheduler.runAfter(0, api.jobs.writeWhoami, {});
  },
});

export const writeWhoami = mutation({
  args: {},
  handler: async (ctx) => {
    const user = await ctx.auth.getUserIdentity();
    await ctx.db.insert("notes", { text: user?.name ?? "nobody" });
  },
});
