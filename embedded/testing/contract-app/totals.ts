import { v } from "convex/values";
import { api } from "./_generated/api";
import { mutation, query } from "./server";

export const read = query({
  args: { name: v.string() },
  handler: async (ctx, { name }) => {
    const rows = await ctx.db.query("totals").collect();
    return rows.find((row) => row.name === name)?.value ?? 0;
  },
});

/** Reads, waits for something real, then writes what it has read plus one. */
export const increment = mutation({
  args: { name: v.string(), waits: v.optional(v.number()) },
  handler: async (ctx, { name, waits = 1 }): Promise<number> => {
    const rows = await ctx.db.query("totals").collect();
    const row = rows.find((found) => found.name === name);
    for (let turn = 0; turn < waits; turn += 1)
      await crypto.subtle.digest("SHA-256", new Uint8Array(64));
    const value = (row?.value ?? 0) + 1;
    if (row === undefined) await ctx.db.insert("totals", { name, value });
    else await ctx.db.patch("totals", row._id, { value });
    return value;
  },
});

/** Both at once: nested functions of one transaction. */
export const incrementTwice = mutation({
  args: { name: v.string() },
  handler: async (ctx, { name }): Promise<number[]> =>
    await Promise.all([
      ctx.runMutation(api.totals.increment, { name }),
      ctx.runMutation(api.totals.increment, { name }),
    ]),
});

export const staleRead = mutation({
  args: { name: v.string() },
  handler: async (
    ctx,
    { name },
  ): Promise<{ stale: number; current: number }> => {
    await ctx.runMutation(api.totals.increment, { name });
    return {
      stale: await ctx.runQuery(
        api.totals.read,
        { name },
        { useStaleSnapshot: true },
      ),
      current: await ctx.runQuery(api.totals.read, { name }),
    };
  },
});

export const readManyWithLimit = mutation({
  args: { documentsRead: v.number() },
  handler: async (ctx, { documentsRead }): Promise<number> =>
    await ctx.runQuery(
      api.totals.read,
      { name: "any" },
      { transactionLimits: { documentsRead } },
    ),
});

export const metrics = mutation({
  args: {},
  handler: async (ctx) => {
    await ctx.db.insert("totals", { name: "one", value: 1 });
    return await ctx.meta.getTransactionMetrics();
  },
});
