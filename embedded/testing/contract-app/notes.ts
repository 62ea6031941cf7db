import { paginationOptsValidator } from "convex/server";
import { ConvexError, v } from "convex/values";
import { api } from "./_generated/api";
import { action, internalQuery, mutation, query } from "./server";

export const add = mutation({
  args: {
    text: v.string(),
    author: v.optional(v.string()),
    stars: v.optional(v.number()),
  },
  returns: v.id("notes"),
  handler: async (ctx, note) => await ctx.db.insert("notes", note),
});

export const list = query({
  args: {},
  handler: async (ctx) => await ctx.db.query("notes").collect(),
});

export const count = internalQuery({
  args: {},
  handler: async (ctx) => (await ctx.db.query("notes").collect()).length,
});

export const byAuthor = query({
  args: { author: v.string() },
  handler: async (ctx, { author }) =>
    await ctx.db
      .query("notes")
      .withIndex("by_author", (q) => q.eq("author", author))
      .order("desc")
      .collect(),
});

export const starred = query({
  args: { atLeast: v.number() },
  handler: async (ctx, { atLeast }) =>
    await ctx.db
      .query("notes")
      .withIndex("by_stars", (q) => q.gte("stars", atLeast))
      // eslint-disable-next-line @convex-dev/no-filter-in-query -- both evaluate it
      .filter((q) => q.neq(q.field("author"), "nobody"))
      .collect(),
});

export const page = query({
  args: { paginationOpts: paginationOptsValidator },
  handler: async (ctx, { paginationOpts }) =>
    await ctx.db.query("notes").paginate(paginationOpts),
});

export const edit = mutation({
  args: { id: v.id("notes"), text: v.string() },
  handler: async (ctx, { id, text }) => {
    await ctx.db.patch("notes", id, { text });
  },
});

export const remove = mutation({
  args: { id: v.id("notes") },
  handler: async (ctx, { id }) => await ctx.db.delete("notes", id),
});

export const wrongResult = query({
  args: {},
  returns: v.number(),
  handler: async () => "text" as unknown as number,
});

export const nothing = query({ args: {}, handler: async () => undefined });

export const refuse = mutation({
  args: { text: v.string() },
  handler: async (ctx, { text }) => {
    await ctx.db.insert("notes", { text });
    throw new ConvexError({ code: "REFUSED", size: 1n });
  },
});

export class NotAllowed extends Error {}

export const fail = mutation({
  args: { text: v.string() },
  handler: async (ctx, { text }) => {
    await ctx.db.insert("notes", { text });
    throw new NotAllowed(`failed: ${text}`);
  },
});

/** Goes on after a nested mutation has failed. */
export const tryBoth = mutation({
  args: {},
  handler: async (ctx): Promise<string> => {
    await ctx.runMutation(api.notes.add, { text: "kept" });
    try {
      await ctx.runMutation(api.notes.fail, { text: "undone" });
      return "not reached";
    } catch (error) {
      return error instanceof Error ? error.message : "not an error";
    }
  },
});

export const catchRefusal = action({
  args: {},
  handler: async (ctx): Promise<unknown> => {
    try {
      return await ctx.runMutation(api.notes.refuse, { text: "never" });
    } catch (error) {
      // Data arrives as it was thrown.
      return (error as ConvexError<{ code: string; size: bigint }>).data;
    }
  },
});

export const addTwice = action({
  args: { text: v.string() },
  handler: async (ctx, { text }): Promise<number> => {
    await Promise.all([
      ctx.runMutation(api.notes.add, { text }),
      ctx.runMutation(api.notes.add, { text }),
    ]);
    return (await ctx.runQuery(api.notes.list, {})).length;
  },
});

export const outer = action({
  args: {},
  handler: async (ctx): Promise<number> =>
    await ctx.runAction(api.notes.addTwice, { text: "inner" }),
});

export const download = action({
  args: {},
  handler: async () => {
    await new Promise((resolve) => setTimeout(resolve, 1));
    return await (await fetch("data:text/plain,hello")).text();
  },
});

export const downloadInMutation = mutation({
  args: {},
  handler: async () => {
    await fetch("data:text/plain,hello");
  },
});

export const waitInQuery = query({
  args: {},
  handler: async () => {
    await new Promise((resolve) => setTimeout(resolve, 1));
  },
});

export const ownMath = query({
  args: {},
  handler: async () => {
    globalThis.Math = { ...Math, random: () => 4 };
    await Promise.resolve();
    return Math.random();
  },
});

export default query({ args: {}, handler: async () => "the default export" });
