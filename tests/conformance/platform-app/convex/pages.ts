import { paginationOptsValidator } from "convex/server";
import { v } from "convex/values";
import { query } from "./_generated/server";

export const list = query({
  args: { run: v.string(), paginationOpts: paginationOptsValidator },
  handler: (ctx, { run, paginationOpts }) =>
    ctx.db
      .query("numbers")
      .withIndex("by_run_and_n", (q) => q.eq("run", run))
      .paginate(paginationOpts),
});
export const other = query({
  args: { run: v.string(), paginationOpts: paginationOptsValidator },
  handler: (ctx, { run, paginationOpts }) =>
    ctx.db
      .query("numbers")
      .withIndex("by_run_and_n", (q) => q.eq("run", run).gt("n", 3))
      .order("desc")
      .paginate(paginationOpts),
});
export const twice = query({
  args: { paginationOpts: paginationOptsValidator },
  handler: async (ctx, { paginationOpts }) => {
    await ctx.db.query("numbers").paginate(paginationOpts);
    return ctx.db.query("remarks").paginate(paginationOpts);
  },
});
