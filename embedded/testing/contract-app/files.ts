import { v } from "convex/values";
import { action, mutation, query } from "./server";

export const keep = action({
  args: { text: v.string() },
  handler: async (ctx, { text }) =>
    await ctx.storage.store(new Blob([text], { type: "text/plain" })),
});

export const load = action({
  args: { id: v.id("_storage") },
  handler: async (ctx, { id }) => {
    const blob = await ctx.storage.get(id);
    return blob === null ? null : await blob.text();
  },
});

export const remove = mutation({
  args: { id: v.id("_storage") },
  handler: async (ctx, { id }) => await ctx.storage.delete(id),
});

export const describe = query({
  args: { id: v.id("_storage") },
  handler: async (ctx, { id }) => ({
    size: (await ctx.db.system.get("_storage", id))?.size ?? null,
    hasUrl: (await ctx.storage.getUrl(id)) !== null,
  }),
});
