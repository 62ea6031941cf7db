/** What the checks read. */
import { paginationOptsValidator } from "convex/server";
import { v } from "convex/values";
import { query, type QueryCtx } from "./server";

/** The other of the two modules that tell the version. */
export const version = query({
  args: {},
  returns: v.string(),
  handler: async () => "__VERSION__",
});

const vRange = { lane: v.string(), from: v.number(), to: v.number() };
type Range = { lane: string; from: number; to: number };

/** The traces of a lane's writes `from` … `to`, both included. */
export const traces = query({
  args: vRange,
  handler: async (ctx, range) => ({
    lefts: (await leftsOf(ctx, range)).map(({ n, order }) => ({ n, order })),
    rights: (await rightsOf(ctx, range)).map(({ n }) => n),
    follows: (await followsOf(ctx, range)).map(({ n, depth }) => ({
      n,
      depth,
    })),
    deeds: (await deedsOf(ctx, range)).map(({ n }) => n),
  }),
});

function leftsOf(ctx: QueryCtx, { lane, from, to }: Range) {
  return ctx.db
    .query("lefts")
    .withIndex("by_lane", (q) => q.eq("lane", lane).gte("n", from).lte("n", to))
    .collect();
}

function rightsOf(ctx: QueryCtx, { lane, from, to }: Range) {
  return ctx.db
    .query("rights")
    .withIndex("by_lane", (q) => q.eq("lane", lane).gte("n", from).lte("n", to))
    .collect();
}

function followsOf(ctx: QueryCtx, { lane, from, to }: Range) {
  return ctx.db
    .query("follows")
    .withIndex("by_lane", (q) => q.eq("lane", lane).gte("n", from).lte("n", to))
    .collect();
}

function deedsOf(ctx: QueryCtx, { lane, from, to }: Range) {
  return ctx.db
    .query("deeds")
    .withIndex("by_lane", (q) => q.eq("lane", lane).gte("n", from).lte("n", to))
    .collect();
}

/** The newest writes in their order, from `after` on. */
export const stamps = query({
  args: { after: v.number(), limit: v.number() },
  handler: async (ctx, { after, limit }) => {
    const rows = await ctx.db
      .query("lefts")
      .withIndex("by_order", (q) => q.gt("order", after))
      .take(limit);
    return rows.map(({ order, committedAt, _creationTime }) => ({
      order,
      committedAt,
      createdAt: _creationTime,
    }));
  },
});

/** Scheduled functions, a page at a time, in order of creation. */
export const jobs = query({
  args: { paginationOpts: paginationOptsValidator },
  handler: async (ctx, { paginationOpts }) => {
    const { page, ...rest } = await ctx.db.system
      .query("_scheduled_functions")
      .paginate(paginationOpts);
    return {
      ...rest,
      page: page.map(({ name, args, state }) => ({
        name,
        args: args[0] as { lane?: string; n?: number },
        state: state.kind,
        error: state.kind === "failed" ? state.error : null,
      })),
    };
  },
});

export const tickCount = query({
  args: {},
  returns: v.number(),
  handler: async (ctx) => (await ctx.db.query("ticks").collect()).length,
});
