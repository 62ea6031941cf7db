import { DirectAggregate, TableAggregate } from "@convex-dev/aggregate";
import { v } from "convex/values";
import { components } from "./_generated/api";
import type { DataModel } from "./_generated/dataModel";
import { mutation, query } from "./_generated/server";

const numbers = new DirectAggregate<{
  Namespace: string;
  Key: number;
  Id: string;
}>(components.aggregate);
/** While writes are queued an aggregate can be read and written in no other way. */
const queued = new DirectAggregate<{
  Namespace: string;
  Key: number;
  Id: string;
}>(components.queued);
const scores = new TableAggregate<{
  Namespace: string;
  Key: number;
  DataModel: DataModel;
  TableName: "scores";
}>(components.scores, {
  namespace: (score) => score.game,
  sortKey: (score) => score.points,
  sumValue: (score) => score.points,
});

const item = { namespace: v.string(), key: v.number(), id: v.string() };

export const insert = mutation({
  args: { ...item, sumValue: v.optional(v.number()) },
  handler: (ctx, args) => numbers.insert(ctx, args),
});
export const insertMany = mutation({
  args: { namespace: v.string(), keys: v.array(v.number()) },
  handler: async (ctx, { namespace, keys }) => {
    for (const key of keys)
      await numbers.insert(ctx, {
        namespace,
        key,
        id: String(key),
        sumValue: key,
      });
  },
});
export const enqueue = mutation({
  args: { namespace: v.string(), key: v.number() },
  handler: (ctx, { namespace, key }) =>
    queued.insert(
      ctx,
      { namespace, key, id: String(key), sumValue: key },
      { async: true },
    ),
});
export const enqueueMany = mutation({
  args: { namespace: v.string(), keys: v.array(v.number()) },
  handler: (ctx, { namespace, keys }) =>
    queued.enqueueBatch(
      ctx,
      keys.map((key) => ({
        type: "insert",
        namespace,
        key,
        id: String(key),
        sumValue: key,
      })),
    ),
});
/** What has been applied so far. */
export const queuedSum = query({
  args: { namespace: v.string() },
  handler: (ctx, { namespace }) => queued.sum(ctx, { namespace, stale: true }),
});
/** Refused while something is queued. */
export const exactSum = mutation({
  args: { namespace: v.string() },
  handler: (ctx, { namespace }) => queued.sum(ctx, { namespace }),
});
export const replace = mutation({
  args: { ...item, newKey: v.number(), newSumValue: v.optional(v.number()) },
  handler: (ctx, { newKey, newSumValue, ...current }) =>
    numbers.replace(ctx, current, {
      namespace: current.namespace,
      key: newKey,
      sumValue: newSumValue,
    }),
});
export const remove = mutation({
  args: item,
  handler: (ctx, args) => numbers.delete(ctx, args),
});
export const upsert = mutation({
  args: item,
  handler: (ctx, args) => numbers.insertIfDoesNotExist(ctx, args),
});
export const removeIfThere = mutation({
  args: item,
  handler: (ctx, args) => numbers.deleteIfExists(ctx, args),
});
export const clear = mutation({
  args: { namespace: v.string(), maxNodeSize: v.optional(v.number()) },
  handler: (ctx, args) => numbers.clear(ctx, args),
});

/** Everything a reader can ask about one namespace, between optional inclusive bounds. */
export const summary = query({
  args: {
    namespace: v.string(),
    from: v.optional(v.number()),
    to: v.optional(v.number()),
  },
  handler: async (ctx, { namespace, from, to }) => {
    const bounds = {
      ...(from === undefined ? {} : { lower: { key: from, inclusive: true } }),
      ...(to === undefined ? {} : { upper: { key: to, inclusive: true } }),
    };
    const opts = { namespace, bounds };
    return {
      count: await numbers.count(ctx, opts),
      sum: await numbers.sum(ctx, opts),
      min: (await numbers.min(ctx, opts))?.key ?? null,
      max: (await numbers.max(ctx, opts))?.key ?? null,
    };
  },
});
export const at = query({
  args: { namespace: v.string(), offset: v.number() },
  handler: async (ctx, { namespace, offset }) =>
    (await numbers.at(ctx, offset, { namespace })).key,
});
export const indexOf = query({
  args: {
    namespace: v.string(),
    key: v.number(),
    order: v.optional(v.union(v.literal("asc"), v.literal("desc"))),
  },
  handler: (ctx, { key, namespace, order }) =>
    numbers.indexOf(ctx, key, { namespace, order }),
});
export const batches = query({
  args: { namespaces: v.array(v.string()) },
  handler: async (ctx, { namespaces }) => ({
    counts: await numbers.countBatch(
      ctx,
      namespaces.map((namespace) => ({ namespace })),
    ),
    sums: await numbers.sumBatch(
      ctx,
      namespaces.map((namespace) => ({ namespace })),
    ),
    firsts: (
      await numbers.atBatch(
        ctx,
        namespaces.map((namespace) => ({ namespace, offset: 0 })),
      )
    ).map(({ key }) => key),
  }),
});
export const pages = query({
  args: { namespace: v.string(), pageSize: v.number() },
  handler: async (ctx, { namespace, pageSize }) => {
    const keys: number[] = [];
    for await (const { key } of numbers.iter(ctx, {
      namespace,
      pageSize,
      order: "desc",
    }))
      keys.push(key);
    return keys;
  },
});
export const random = query({
  args: { namespace: v.string() },
  handler: async (ctx, { namespace }) =>
    (await numbers.random(ctx, { namespace }))?.key ?? null,
});
export const addScore = mutation({
  args: { game: v.string(), player: v.string(), points: v.number() },
  handler: async (ctx, score) => {
    const id = await ctx.db.insert("scores", score);
    const doc = await ctx.db.get(id);
    if (doc !== null) await scores.insert(ctx, doc);
    return id;
  },
});
export const changeScore = mutation({
  args: { id: v.id("scores"), points: v.number() },
  handler: async (ctx, { id, points }) => {
    const before = await ctx.db.get(id);
    await ctx.db.patch(id, { points });
    const after = await ctx.db.get(id);
    if (before !== null && after !== null)
      await scores.replace(ctx, before, after);
  },
});
export const rank = query({
  args: { id: v.id("scores") },
  handler: async (ctx, { id }) => {
    const doc = await ctx.db.get(id);
    return doc === null ? null : scores.indexOfDoc(ctx, doc, { order: "desc" });
  },
});
export const total = query({
  args: { game: v.string() },
  handler: (ctx, { game }) => scores.sum(ctx, { namespace: game }),
});
/** Forgets the aggregate of a game and builds it again from the table. */
export const rebuild = mutation({
  args: { game: v.string() },
  handler: async (ctx, { game }) => {
    await scores.clear(ctx, { namespace: game });
    const docs = ctx.db
      .query("scores")
      .withIndex("by_game", (q) => q.eq("game", game));
    for await (const doc of docs) await scores.insertIfDoesNotExist(ctx, doc);
  },
});
