import { componentsGeneric, createFunctionHandle } from "convex/server";
import { v } from "convex/values";
import { api, type CounterApi } from "./_generated/api";
import { mutation, query } from "./server";

const components = componentsGeneric() as unknown as {
  counter: CounterApi;
  absent: CounterApi;
};

export const add = mutation({
  args: { name: v.string() },
  handler: async (ctx, { name }): Promise<number> =>
    await ctx.runMutation(components.counter.lib.add, { name }),
});

export const addAndCatch = mutation({
  args: { name: v.string() },
  handler: async (ctx, { name }): Promise<number> => {
    await ctx.runMutation(components.counter.lib.add, { name });
    await ctx
      .runMutation(components.counter.lib.add, { name, fail: true })
      .catch(() => undefined);
    return await ctx.runQuery(components.counter.lib.read, { name });
  },
});

export const read = query({
  args: { name: v.string() },
  handler: async (ctx, { name }): Promise<number> =>
    await ctx.runQuery(components.counter.lib.read, { name }),
});

export const whoamiInside = query({
  args: {},
  handler: async (ctx): Promise<string | null> =>
    await ctx.runQuery(components.counter.lib.whoami, {}),
});

export const throughHandle = mutation({
  args: { text: v.string() },
  handler: async (ctx, { text }): Promise<string> => {
    const handle = await createFunctionHandle(api.notes.add);
    return await ctx.runMutation(components.counter.lib.callBack, {
      handle,
      text,
    });
  },
});

export const record = mutation({
  args: { entry: v.string() },
  handler: async (ctx, { entry }): Promise<string[]> =>
    await ctx.runMutation(components.counter.lib.record, { entry }),
});

export const addLater = mutation({
  args: { name: v.string() },
  handler: async (ctx, { name }) => {
    await ctx.runMutation(components.counter.lib.addLater, { name });
  },
});

export const absent = query({
  args: {},
  handler: async (ctx): Promise<number> =>
    await ctx.runQuery(components.absent.lib.read, { name: "x" }),
});
