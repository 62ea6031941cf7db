import { internalMutation, query } from "./_generated/server";

export const tick = internalMutation({
  args: {},
  handler: async (ctx) => {
    await ctx.db.insert("ticks", { at: Date.now() });
  },
});

export const any = query({
  args: {},
  handler: async (ctx) => (await ctx.db.query("ticks").first()) !== null,
});
