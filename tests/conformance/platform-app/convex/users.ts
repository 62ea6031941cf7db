import { v } from "convex/values";
import { api } from "./_generated/api";
import { action, mutation, query } from "./_generated/server";

export const me = query({
  args: {},
  handler: (ctx) => ctx.auth.getUserIdentity(),
});
export const meInMutation = mutation({
  args: {},
  handler: async (ctx) =>
    (await ctx.auth.getUserIdentity())?.tokenIdentifier ?? null,
});
/** What an action hands on to the functions it calls. */
export const meThroughAction = action({
  args: {},
  handler: async (ctx): Promise<(string | null)[]> => [
    (await ctx.auth.getUserIdentity())?.subject ?? null,
    (await ctx.runQuery(api.users.me, {}))?.subject ?? null,
  ],
});
/** Never asks who is there. */
export const nobodyAsked = query({
  args: { n: v.number() },
  handler: (_ctx, { n }) => n,
});
