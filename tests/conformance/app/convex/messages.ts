import { paginationOptsValidator } from "convex/server";
import { ConvexError, v } from "convex/values";
import { internal } from "./_generated/api";
import {
  action,
  internalMutation,
  internalQuery,
  mutation,
  query,
} from "./_generated/server";

export const list = query({
  args: { author: v.optional(v.string()) },
  handler: async (ctx, { author }) => {
    if (author === undefined) return ctx.db.query("messages").collect();
    return ctx.db
      .query("messages")
      .withIndex("by_author", (q) => q.eq("author", author))
      .collect();
  },
});

export const page = query({
  args: { paginationOpts: paginationOptsValidator },
  handler: (ctx, { paginationOpts }) =>
    ctx.db.query("messages").order("desc").paginate(paginationOpts),
});

export const send = mutation({
  args: { author: v.string(), body: v.string() },
  handler: async (ctx, message) => {
    console.log("sending", message.body);
    return ctx.db.insert("messages", message);
  },
});

export const refuse = mutation({
  args: {},
  handler: async (ctx) => {
    await ctx.db.insert("messages", { author: "nobody", body: "never seen" });
    throw new ConvexError({ code: "REFUSED" });
  },
});

export const crash = query({
  args: {},
  handler: () => {
    throw new Error("on purpose");
  },
});

export const count = internalQuery({
  args: {},
  handler: async (ctx) => (await ctx.db.query("messages").collect()).length,
});

export const sendLater = mutation({
  args: { body: v.string() },
  handler: async (ctx, { body }) => {
    await ctx.scheduler.runAfter(0, internal.messages.deliver, { body });
  },
});

export const deliver = internalMutation({
  args: { body: v.string() },
  handler: async (ctx, { body }) => {
    await ctx.db.insert("messages", { author: "scheduler", body });
  },
});

export const sendTwice = action({
  args: { body: v.string() },
  handler: async (ctx, { body }): Promise<number> => {
    await ctx.runMutation(internal.messages.deliver, { body });
    await ctx.runMutation(internal.messages.deliver, { body });
    return ctx.runQuery(internal.messages.count, {});
  },
});

export const secret = query({
  args: {},
  handler: () => process.env.CONFORMANCE_SECRET ?? null,
});
