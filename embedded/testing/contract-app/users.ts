import { api } from "./_generated/api";
import { action, mutation, query } from "./server";

export const whoami = query({
  args: {},
  handler: async (ctx) => (await ctx.auth.getUserIdentity())?.name ?? null,
});

export const identity = query({
  args: {},
  handler: async (ctx) => await ctx.auth.getUserIdentity(),
});

export const whoamiNested = action({
  args: {},
  handler: async (ctx): Promise<string | null> =>
    await ctx.runQuery(api.users.whoami, {}),
});

export const request = mutation({
  args: {},
  handler: async (ctx) => await ctx.meta.getRequestMetadata(),
});

export const requestFromAction = action({
  args: {},
  handler: async (
    ctx,
  ): Promise<{ own: string | null; nested: string | null }> => {
    const { ip: own } = await ctx.meta.getRequestMetadata();
    const { ip: nested } = await ctx.runMutation(api.users.request, {});
    return { own, nested };
  },
});

export const aboutMe = query({
  args: {},
  handler: async (ctx) => await ctx.meta.getFunctionMetadata(),
});
