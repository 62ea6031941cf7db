import { v } from "convex/values";
import { action, mutation, query } from "./_generated/server";

export const echo = query({
  args: { value: v.any() },
  handler: (_ctx, { value }): unknown => value,
});
export const echoAction = action({
  args: { value: v.any() },
  handler: (_ctx, { value }): unknown => value,
});
export const put = mutation({
  args: { run: v.string(), value: v.optional(v.any()) },
  handler: (ctx, thing) => ctx.db.insert("things", thing),
});
export const get = query({
  args: { id: v.id("things") },
  handler: async (ctx, { id }): Promise<unknown> =>
    (await ctx.db.get(id))?.value,
});
export const sorted = query({
  args: { run: v.string(), descending: v.optional(v.boolean()) },
  handler: async (ctx, { run, descending }): Promise<unknown[]> => {
    const rows = await ctx.db
      .query("things")
      .withIndex("by_run_and_value", (q) => q.eq("run", run))
      .order(descending === true ? "desc" : "asc")
      .collect();
    return rows.map(({ value }) => value ?? null);
  },
});
/** The name of what JavaScript sees: a bigint, a buffer and so on. */
export const typeOf = query({
  args: { value: v.any() },
  handler: (_ctx, { value }) =>
    value instanceof ArrayBuffer
      ? "bytes"
      : Object.is(value, -0)
        ? "-0"
        : typeof value,
});
export const nothing = query({ args: {}, handler: () => undefined });
export const unserializable = query({
  args: { what: v.string() },
  handler: (_ctx, { what }): unknown =>
    what === "date" ? new Date() : what === "map" ? new Map() : Symbol("x"),
});
