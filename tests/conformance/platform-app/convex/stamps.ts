import { v } from "convex/values";
import { internal } from "./_generated/api";
import {
  internalMutation,
  internalQuery,
  mutation,
  query,
} from "./_generated/server";

/** Two rows of one commit; what the mutation itself reads of them is the placeholder. */
export const stamp = mutation({
  args: { run: v.string() },
  handler: async (ctx, { run }) => {
    const committed = ctx.db.vars.commitTs;
    const id = await ctx.db.insert("stamps", { run, committed, n: 1 });
    await ctx.db.insert("stamps", { run, committed, n: 2 });
    const own = await ctx.db.get(id);
    return { isPlaceholder: typeof own?.committed !== "bigint", committed };
  },
});
export const restamp = mutation({
  args: { run: v.string() },
  handler: async (ctx, { run }) => {
    const first = await ctx.db
      .query("stamps")
      .withIndex("by_run", (q) => q.eq("run", run))
      .first();
    if (first === null) return;
    await ctx.db.patch(first._id, { committed: ctx.db.vars.commitTs });
    await ctx.runMutation(internal.stamps.nested, {
      run,
      committed: ctx.db.vars.commitTs,
    });
  },
});
export const nested = internalMutation({
  args: { run: v.string(), committed: v.commitTs() },
  handler: async (ctx, { run, committed }) => {
    await ctx.db.insert("stamps", { run, committed, n: 3 });
  },
});
/** In the order of their commits, up to what this snapshot has. */
export const list = query({
  args: { run: v.string() },
  handler: async (ctx, { run }) => {
    const snapshot = ctx.meta.getSnapshotTs();
    const rows = await ctx.db
      .query("stamps")
      .withIndex("by_run_and_committed", (q) =>
        q.eq("run", run).lte("committed", snapshot),
      )
      .collect();
    return {
      snapshot,
      rows: rows.map(({ committed, n }) => ({ committed, n })),
    };
  },
});
export const count = internalQuery({
  args: { run: v.string() },
  handler: async (ctx, { run }) =>
    (
      await ctx.db
        .query("stamps")
        .withIndex("by_run", (q) => q.eq("run", run))
        .collect()
    ).length,
});
/** A stale read sees what was committed before, not what this mutation has written. */
export const staleAndFresh = mutation({
  args: { run: v.string() },
  handler: async (ctx, { run }): Promise<{ stale: number; fresh: number }> => {
    await ctx.db.insert("stamps", {
      run,
      committed: ctx.db.vars.commitTs,
      n: 9,
    });
    return {
      stale: await ctx.runQuery(
        internal.stamps.count,
        { run },
        { useStaleSnapshot: true },
      ),
      fresh: await ctx.runQuery(internal.stamps.count, { run }),
    };
  },
});
export const staleInQuery = query({
  args: {},
  handler: (ctx): Promise<number> =>
    (
      ctx.runQuery as (
        name: typeof internal.stamps.count,
        args: { run: string },
        options: { useStaleSnapshot: boolean },
      ) => Promise<number>
    )(internal.stamps.count, { run: "x" }, { useStaleSnapshot: true }),
});

export const steady = query({
  args: {},
  handler: () => {
    const now = [Date.now(), new Date().getTime()];
    const dice = [Math.random(), Math.random()];
    return {
      isFrozen: now[0] === now[1],
      differ: dice[0] !== dice[1],
      uuid: crypto.randomUUID(),
    };
  },
});
export const meta = mutation({
  args: {},
  handler: async (ctx) => ({
    fn: await ctx.meta.getFunctionMetadata(),
    deployment: await ctx.meta.getDeploymentMetadata(),
    request: await ctx.meta.getRequestMetadata(),
  }),
});
