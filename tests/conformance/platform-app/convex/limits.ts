import { v } from "convex/values";
import { internal } from "./_generated/api";
import { internalMutation, mutation, query } from "./_generated/server";

/** Reads every row and returns none: what a filter rejects was read, too. */
export const readRows = query({
  args: { run: v.string() },
  handler: (ctx, { run }) =>
    ctx.db
      .query("numbers")
      .withIndex("by_run_and_n", (q) => q.eq("run", run))
      .filter((q) => q.eq(q.field("n"), -1))
      .first(),
});
export const manyRanges = query({
  args: { count: v.number() },
  handler: async (ctx, { count }) => {
    for (let n = 0; n < count; n += 1)
      await ctx.db
        .query("numbers")
        .withIndex("by_run_and_n", (q) => q.eq("run", "none").eq("n", n))
        .first();
    return count;
  },
});
export const writeMany = mutation({
  args: { run: v.string(), count: v.number() },
  handler: async (ctx, { run, count }) => {
    for (let n = 0; n < count; n += 1)
      await ctx.db.insert("numbers", { run, n });
  },
});
export const writeBytes = mutation({
  args: { run: v.string(), count: v.number() },
  handler: async (ctx, { run, count }) => {
    const value = "x".repeat(1_000_000);
    for (let n = 0; n < count; n += 1)
      await ctx.db.insert("things", { run, value });
  },
});
export const scheduleMany = mutation({
  args: { count: v.number() },
  handler: async (ctx, { count }) => {
    for (let n = 0; n < count; n += 1)
      await ctx.scheduler.runAfter(3_600_000, internal.limits.nothing, {});
  },
});
export const scheduleAt = mutation({
  args: { ms: v.number() },
  handler: async (ctx, { ms }) => {
    await ctx.scheduler.runAt(ms, internal.limits.nothing, {});
  },
});
export const nothing = internalMutation({ args: {}, handler: () => null });
export const spin = query({
  args: {},
  handler: () => {
    for (;;);
  },
});
export const never = query({
  args: {},
  handler: () => new Promise(() => undefined),
});
export const returnLarge = query({
  args: { bytes: v.number() },
  handler: (_ctx, { bytes }) => "x".repeat(bytes),
});
export const deep = mutation({
  args: { levels: v.number() },
  handler: async (ctx, { levels }) => {
    let value: unknown = "core";
    for (let level = 0; level < levels; level += 1) value = { value };
    await ctx.db.insert("things", { run: "deep", value });
  },
});
export const longArray = mutation({
  args: { length: v.number() },
  handler: async (ctx, { length }) => {
    await ctx.db.insert("things", {
      run: "long",
      value: Array.from({ length }, (_, index) => index),
    });
  },
});
export const wideObject = mutation({
  args: { fields: v.number() },
  handler: async (ctx, { fields }) => {
    const entries = Array.from({ length: fields }, (_, n) => [`f${n}`, n]);
    await ctx.db.insert("things", {
      run: "wide",
      value: Object.fromEntries(entries),
    });
  },
});
export const largeDocument = mutation({
  args: { bytes: v.number() },
  handler: async (ctx, { bytes }) => {
    await ctx.db.insert("things", { run: "large", value: "x".repeat(bytes) });
  },
});
export const fetchInQuery = query({
  args: {},
  handler: () => fetch("http://127.0.0.1"),
});
export const metrics = mutation({
  args: { run: v.string() },
  handler: async (ctx, { run }) => {
    await ctx.db.insert("numbers", { run, n: 1 });
    await ctx.db
      .query("numbers")
      .withIndex("by_run_and_n", (q) => q.eq("run", run))
      .collect();
    const metrics = await ctx.meta.getTransactionMetrics();
    return {
      read: metrics.documentsRead.used,
      written: metrics.documentsWritten.used,
      left: metrics.documentsWritten.remaining,
    };
  },
});
