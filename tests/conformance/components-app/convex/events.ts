import { v } from "convex/values";
import { internalMutation, query } from "./_generated/server";

export const record = internalMutation({
  args: { run: v.string(), kind: v.string(), detail: v.optional(v.any()) },
  returns: v.null(),
  handler: async (ctx, event) => {
    await ctx.db.insert("events", { ...event, at: Date.now() });
    return null;
  },
});

export const of = query({
  args: { run: v.string() },
  handler: async (ctx, { run }) => {
    const rows = await ctx.db
      .query("events")
      .withIndex("by_run", (q) => q.eq("run", run))
      .collect();
    return rows.map(({ kind, detail, at }) => ({ kind, detail, at }));
  },
});
