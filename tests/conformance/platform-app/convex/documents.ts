import type { GenericId } from "convex/values";
import { v } from "convex/values";
import type { Id } from "./_generated/dataModel";
import { mutation, query } from "./_generated/server";

export const insert = mutation({
  args: { table: v.string(), value: v.any() },
  handler: (ctx, { table, value }): Promise<string> =>
    ctx.db.insert(table as "strict", value),
});
export const get = query({
  args: { id: v.string() },
  handler: (ctx, { id }): Promise<unknown> => ctx.db.get(id as Id<"strict">),
});
export const getFrom = query({
  args: { table: v.string(), id: v.string() },
  handler: (ctx, { table, id }): Promise<unknown> =>
    ctx.db.get(table as "strict", id as Id<"strict">),
});
export const patch = mutation({
  args: { id: v.string(), value: v.any(), unset: v.optional(v.string()) },
  handler: async (ctx, { id, value, unset }): Promise<unknown> => {
    const fields: Record<string, unknown> = { ...value };
    if (unset !== undefined) fields[unset] = undefined;
    await ctx.db.patch(id as Id<"strict">, fields);
    return ctx.db.get(id as Id<"strict">);
  },
});
export const replace = mutation({
  args: { id: v.string(), value: v.any() },
  handler: async (ctx, { id, value }): Promise<unknown> => {
    await ctx.db.replace(id as Id<"strict">, value);
    return ctx.db.get(id as Id<"strict">);
  },
});
export const remove = mutation({
  args: { id: v.string() },
  handler: (ctx, { id }) => ctx.db.delete(id as Id<"strict">),
});
export const normalize = query({
  args: { table: v.string(), id: v.string() },
  handler: (ctx, { table, id }) => ctx.db.normalizeId(table as "strict", id),
});
export const systemGet = query({
  args: { id: v.string() },
  handler: (ctx, { id }): Promise<unknown> =>
    ctx.db.system.get(id as GenericId<"_storage">),
});
/** What was written is read, in every way of reading, before it is committed. */
export const readOwnWrites = mutation({
  args: { run: v.string() },
  handler: async (ctx, { run }) => {
    const first = await ctx.db.insert("numbers", { run, n: 1 });
    const second = await ctx.db.insert("numbers", { run, n: 2 });
    await ctx.db.patch(first, { n: 10 });
    await ctx.db.delete(second);
    await ctx.db.insert("numbers", { run, n: 5 });
    const rows = ctx.db
      .query("numbers")
      .withIndex("by_run_and_n", (q) => q.eq("run", run));
    return {
      all: (await rows.collect()).map(({ n }) => n),
      gone: await ctx.db.get(second),
      first: (await ctx.db.get(first))?.n ?? null,
    };
  },
});

export const addRows = mutation({
  args: { run: v.string(), from: v.number(), count: v.number() },
  handler: async (ctx, { run, from, count }) => {
    for (let n = from; n < from + count; n += 1)
      await ctx.db.insert("numbers", { run, n });
  },
});
export const range = query({
  args: {
    run: v.string(),
    gt: v.optional(v.number()),
    gte: v.optional(v.number()),
    lt: v.optional(v.number()),
    lte: v.optional(v.number()),
    descending: v.optional(v.boolean()),
    take: v.optional(v.number()),
  },
  handler: async (ctx, { run, gt, gte, lt, lte, descending, take }) => {
    const rows = ctx.db
      .query("numbers")
      .withIndex("by_run_and_n", (q) => {
        const all = q.eq("run", run);
        const lower =
          gt !== undefined
            ? all.gt("n", gt)
            : gte !== undefined
              ? all.gte("n", gte)
              : all;
        if (lt !== undefined) return lower.lt("n", lt);
        return lte !== undefined ? lower.lte("n", lte) : lower;
      })
      .order(descending === true ? "desc" : "asc");
    const found = await (take === undefined ? rows.collect() : rows.take(take));
    return found.map(({ n }) => n);
  },
});
export const filtered = query({
  args: { run: v.string(), above: v.number() },
  handler: async (ctx, { run, above }) => {
    const rows = await ctx.db
      .query("numbers")
      .withIndex("by_run_and_n", (q) => q.eq("run", run))
      .filter((q) =>
        q.and(
          q.gt(q.mul(q.field("n"), 2), above),
          q.not(q.eq(q.mod(q.field("n"), 2), 0)),
        ),
      )
      .collect();
    return rows.map(({ n }) => n);
  },
});
export const ends = query({
  args: { run: v.string() },
  handler: async (ctx, { run }) => {
    const rows = () =>
      ctx.db
        .query("numbers")
        .withIndex("by_run_and_n", (q) => q.eq("run", run));
    return {
      first: (await rows().first())?.n ?? null,
      last: (await rows().order("desc").first())?.n ?? null,
      unique: await rows()
        .unique()
        .then((row) => row?.n ?? null)
        .catch((error: unknown) => String(error)),
    };
  },
});
/** Index fields in an order the index does not have. */
export const wrongRange = query({
  args: {},
  handler: (ctx) =>
    ctx.db
      .query("strict")
      .withIndex("by_kind_and_age", (q) =>
        (q as unknown as { eq(field: string, value: number): never }).eq(
          "age",
          1,
        ),
      )
      .collect(),
});
export const wrongIndex = query({
  args: {},
  handler: (ctx) =>
    ctx.db
      .query("strict")
      .withIndex("by_nothing" as "by_kind_and_age")
      .collect(),
});
