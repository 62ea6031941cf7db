import { Crons } from "@convex-dev/crons";
import { v } from "convex/values";
import { components, internal } from "./_generated/api";
import { mutation, query } from "./_generated/server";

const crons = new Crons(components.crons);
const schedule = v.union(
  v.object({ kind: v.literal("interval"), ms: v.number() }),
  v.object({
    kind: v.literal("cron"),
    cronspec: v.string(),
    tz: v.optional(v.string()),
  }),
);

export const register = mutation({
  args: { name: v.string(), schedule },
  handler: (ctx, { name, schedule }): Promise<string> =>
    crons.register(
      ctx,
      schedule,
      internal.events.record,
      { run: name, kind: "tick" },
      name,
    ),
});
export const list = query({
  args: {},
  handler: async (ctx) => (await crons.list(ctx)).map(({ name }) => name),
});
export const get = query({
  args: { name: v.string() },
  handler: (ctx, { name }) => crons.get(ctx, { name }),
});
export const remove = mutation({
  args: { name: v.string() },
  handler: (ctx, { name }) => crons.delete(ctx, { name }),
});
