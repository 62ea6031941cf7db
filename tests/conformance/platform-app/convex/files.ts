import { v } from "convex/values";
import { api } from "./_generated/api";
import { action, mutation, query } from "./_generated/server";

export const uploadUrl = mutation({
  args: {},
  handler: (ctx) => ctx.storage.generateUploadUrl(),
});
export const url = query({
  args: { id: v.id("_storage") },
  handler: (ctx, { id }) => ctx.storage.getUrl(id),
});
export const urlOf = query({
  args: { id: v.string() },
  handler: (ctx, { id }) => ctx.storage.getUrl(id),
});
export const metadata = query({
  args: { id: v.id("_storage") },
  handler: async (ctx, { id }) => ({
    row: await ctx.db.system.get(id),
    legacy: await ctx.storage.getMetadata(id),
  }),
});
export const remove = mutation({
  args: { id: v.id("_storage") },
  handler: (ctx, { id }) => ctx.storage.delete(id),
});
export const removeAndFail = mutation({
  args: { id: v.id("_storage") },
  handler: async (ctx, { id }) => {
    await ctx.storage.delete(id);
    throw new Error("kept after all");
  },
});
export const storeInAction = action({
  args: { text: v.string(), type: v.string(), sha256: v.optional(v.string()) },
  handler: (ctx, { text, type, sha256 }) =>
    ctx.storage.store(
      new Blob([text], { type }),
      sha256 === undefined ? {} : { sha256 },
    ),
});
export const readInAction = action({
  args: { id: v.id("_storage") },
  handler: async (ctx, { id }) => {
    const blob = await ctx.storage.get(id);
    return blob === null ? null : { text: await blob.text(), type: blob.type };
  },
});
export const roundTripInMutation = mutation({
  args: { text: v.string() },
  handler: async (ctx, { text }) => {
    const id = await ctx.storage.store(new Blob([text], { type: "text/css" }));
    const blob = await ctx.storage.get(id);
    return { id, text: (await blob?.text()) ?? null, type: blob?.type ?? null };
  },
});
export const deleteInAction = action({
  args: { id: v.id("_storage") },
  handler: async (ctx, { id }): Promise<string | null> => {
    await ctx.storage.delete(id);
    return ctx.runQuery(api.files.url, { id });
  },
});
