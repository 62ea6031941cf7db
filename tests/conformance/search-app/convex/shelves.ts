import { v } from "convex/values";
import { components } from "./_generated/api";
import { mutation, query } from "./_generated/server";

const shelf = v.string();

export const find = query({
  args: { shelf, words: v.string() },
  handler: (ctx, args): Promise<string[]> =>
    ctx.runQuery(components.library.books.find, args),
});
/** The second call sees what the first has written. */
export const addAndFind = mutation({
  args: { shelf, title: v.string(), words: v.string() },
  handler: async (ctx, { shelf, title, words }): Promise<string[]> => {
    await ctx.runMutation(components.library.books.add, { shelf, title });
    return ctx.runQuery(components.library.books.find, { shelf, words });
  },
});
