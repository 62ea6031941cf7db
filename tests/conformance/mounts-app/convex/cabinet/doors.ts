import { v } from "convex/values";
import { components } from "./_generated/api";
import { mutation, query } from "./_generated/server";

export const put = mutation({
  args: { title: v.string() },
  returns: v.string(),
  handler: (ctx, { title }): Promise<string> =>
    ctx.runMutation(components.shelf.books.add, { title }),
});
export const titles = query({
  args: {},
  returns: v.array(v.string()),
  handler: (ctx): Promise<string[]> =>
    ctx.runQuery(components.shelf.books.titles, {}),
});
export const environment = query({
  args: {},
  returns: v.record(v.string(), v.string()),
  handler: (ctx): Promise<Record<string, string>> =>
    ctx.runQuery(components.shelf.books.environment, {}),
});
