import type { FunctionHandle } from "convex/server";
import { createFunctionHandle } from "convex/server";
import { ConvexError, v } from "convex/values";
import { api, internal } from "./_generated/api";
import { action, internalMutation, mutation, query } from "./_generated/server";

export const add = mutation({
  args: { title: v.string() },
  returns: v.string(),
  handler: (ctx, { title }) => ctx.db.insert("books", { title, pages: 1 }),
});
export const titles = query({
  args: {},
  returns: v.array(v.string()),
  handler: async (ctx) =>
    (await ctx.db.query("books").withIndex("by_title").collect()).map(
      ({ title }) => title,
    ),
});
export const find = query({
  args: { id: v.string() },
  returns: v.any(),
  handler: async (ctx, { id }) => {
    const own = ctx.db.normalizeId("books", id);
    return own === null ? null : ctx.db.get(own);
  },
});
/** What the component can see of its own variables and of everybody else's. */
export const environment = query({
  args: {},
  returns: v.record(v.string(), v.string()),
  handler: () =>
    Object.fromEntries(
      ["OWNER", "COLOR", "MOUNTS_OWNER", "KEEPER", "CONVEX_SITE_URL"].flatMap(
        (name) => {
          const value = process.env[name];
          return value === undefined ? [] : [[name, value]];
        },
      ),
    ),
});
export const addAndFail = mutation({
  args: { title: v.string() },
  returns: v.null(),
  handler: async (ctx, { title }) => {
    await ctx.db.insert("books", { title, pages: 1 });
    throw new ConvexError({ refused: title });
  },
});

/** Scheduled by the component for itself, seen in its own `_scheduled_functions` only. */
export const addLater = mutation({
  args: { title: v.string(), delayMs: v.number() },
  returns: v.string(),
  handler: (ctx, { title, delayMs }): Promise<string> =>
    ctx.scheduler.runAfter(delayMs, internal.books.addHidden, { title }),
});
export const addHidden = internalMutation({
  args: { title: v.string() },
  returns: v.null(),
  handler: async (ctx, { title }) => {
    await ctx.db.insert("books", { title, pages: 0 });
    return null;
  },
});
export const jobs = query({
  args: {},
  returns: v.array(v.any()),
  handler: async (ctx) =>
    (await ctx.db.system.query("_scheduled_functions").collect()).map(
      ({ name, args, state }) => ({ name, args, state: state.kind }),
    ),
});
export const cancelJob = mutation({
  args: { id: v.id("_scheduled_functions") },
  returns: v.null(),
  handler: async (ctx, { id }) => {
    await ctx.scheduler.cancel(id);
    return null;
  },
});

export const store = action({
  args: { text: v.string() },
  returns: v.string(),
  handler: (ctx, { text }): Promise<string> =>
    ctx.storage.store(new Blob([text], { type: "text/plain" })),
});
export const fileUrl = query({
  args: { id: v.string() },
  returns: v.union(v.string(), v.null()),
  handler: async (ctx, { id }) => {
    const own = ctx.db.system.normalizeId("_storage", id);
    return own === null ? null : ctx.storage.getUrl(own);
  },
});
export const files = query({
  args: {},
  returns: v.array(v.number()),
  handler: async (ctx) =>
    (await ctx.db.system.query("_storage").collect()).map(({ size }) => size),
});

/** Calls back what the app gave it a handle of, and gives one of its own. */
export const callBack = mutation({
  args: { handle: v.string(), text: v.string() },
  returns: v.string(),
  handler: (ctx, { handle, text }): Promise<string> =>
    ctx.runMutation(
      handle as FunctionHandle<"mutation", { text: string }, string>,
      { text },
    ),
});
export const callBackLater = mutation({
  args: { handle: v.string(), text: v.string() },
  returns: v.null(),
  handler: async (ctx, { handle, text }) => {
    await ctx.scheduler.runAfter(
      0,
      handle as FunctionHandle<"mutation", { text: string }, string>,
      { text },
    );
    return null;
  },
});
export const handleOfAdd = query({
  args: {},
  returns: v.string(),
  handler: (): Promise<string> => createFunctionHandle(api.books.add),
});
/** By the component's own cron. */
export const tick = internalMutation({
  args: {},
  returns: v.null(),
  handler: async (ctx) => {
    await ctx.db.insert("ticks", { owner: process.env.OWNER ?? "" });
    return null;
  },
});
export const owners = query({
  args: {},
  returns: v.array(v.string()),
  handler: async (ctx) =>
    (await ctx.db.query("ticks").order("desc").take(10)).map(
      ({ owner }) => owner,
    ),
});
export const paginated = query({
  args: {},
  returns: v.number(),
  handler: async (ctx) =>
    (await ctx.db.query("books").paginate({ cursor: null, numItems: 1 })).page
      .length,
});
