import { v } from "convex/values";
import { mutation, query } from "./_generated/server";

export const add = mutation({
  args: { shelf: v.string(), title: v.string() },
  returns: v.null(),
  handler: async (ctx, { shelf, title }) => {
    await ctx.db.insert("books", { shelf, info: { title } });
    return null;
  },
});
export const find = query({
  args: { shelf: v.string(), words: v.string() },
  returns: v.array(v.string()),
  handler: async (ctx, { shelf, words }) => {
    const books = await ctx.db
      .query("books")
      .withSearchIndex("by_title", (q) =>
        q.search("info.title", words).eq("shelf", shelf),
      )
      .collect();
    return books.map(({ info }) => info.title);
  },
});
