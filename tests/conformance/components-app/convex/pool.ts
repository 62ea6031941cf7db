import {
  NonRetryableError,
  vOnCompleteArgs,
  vWorkId,
  type WorkId,
  Workpool,
} from "@convex-dev/workpool";
import { v } from "convex/values";
import { components, internal } from "./_generated/api";
import {
  internalAction,
  internalMutation,
  internalQuery,
  mutation,
  query,
} from "./_generated/server";

const wide = new Workpool(components.workpool, { maxParallelism: 8 });
const narrow = new Workpool(components.narrowPool, { maxParallelism: 2 });

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

export const addInMutation = internalMutation({
  args: { run: v.string(), a: v.number(), b: v.number() },
  handler: async (ctx, { run, a, b }) => {
    await ctx.db.insert("events", {
      run,
      kind: "added",
      detail: a + b,
      at: Date.now(),
    });
    return a + b;
  },
});
export const addInQuery = internalQuery({
  args: { a: v.number(), b: v.number() },
  handler: (_ctx, { a, b }) => a + b,
});
/** Notes when it begins and ends, so that a test can count how many ran at once. */
export const slowly = internalAction({
  args: { run: v.string(), ms: v.number() },
  handler: async (ctx, { run, ms }): Promise<string> => {
    await ctx.runMutation(internal.events.record, { run, kind: "begin" });
    await pause(ms);
    await ctx.runMutation(internal.events.record, { run, kind: "end" });
    return "slept";
  },
});
export const flaky = internalAction({
  args: { run: v.string(), failures: v.number(), final: v.boolean() },
  handler: async (ctx, { run, failures, final }): Promise<string> => {
    const attempt: number = await ctx.runMutation(internal.pool.attempted, {
      run,
    });
    if (attempt > failures) return `attempt ${attempt}`;
    if (final) throw new NonRetryableError("never again");
    throw new Error(`attempt ${attempt} failed`);
  },
});
export const attempted = internalMutation({
  args: { run: v.string() },
  handler: async (ctx, { run }) => {
    await ctx.db.insert("events", { run, kind: "attempt", at: Date.now() });
    const rows = await ctx.db
      .query("events")
      .withIndex("by_run", (q) => q.eq("run", run))
      .collect();
    return rows.filter(({ kind }) => kind === "attempt").length;
  },
});
export const failing = internalMutation({
  args: { run: v.string() },
  handler: async (ctx, { run }) => {
    await ctx.db.insert("events", { run, kind: "rolled back", at: Date.now() });
    throw new Error("mutation failed");
  },
});

export const completed = internalMutation({
  args: vOnCompleteArgs(v.object({ run: v.string() })),
  handler: async (ctx, { context, result }) => {
    await ctx.db.insert("events", {
      run: context.run,
      kind: "completed",
      detail: result,
      at: Date.now(),
    });
  },
});
const whenDone = (run: string) => ({
  onComplete: internal.pool.completed,
  context: { run },
});

export const enqueueMutation = mutation({
  args: { run: v.string(), a: v.number(), b: v.number() },
  handler: (ctx, args): Promise<WorkId> =>
    wide.enqueueMutation(
      ctx,
      internal.pool.addInMutation,
      args,
      whenDone(args.run),
    ),
});
export const enqueueQuery = mutation({
  args: { run: v.string(), a: v.number(), b: v.number() },
  handler: (ctx, { run, a, b }): Promise<WorkId> =>
    wide.enqueueQuery(ctx, internal.pool.addInQuery, { a, b }, whenDone(run)),
});
export const enqueueFailing = mutation({
  args: { run: v.string() },
  handler: (ctx, { run }): Promise<WorkId> =>
    wide.enqueueMutation(ctx, internal.pool.failing, { run }, whenDone(run)),
});
export const enqueueFlaky = mutation({
  args: {
    run: v.string(),
    failures: v.number(),
    final: v.optional(v.boolean()),
    retry: v.boolean(),
  },
  handler: (ctx, { run, failures, final, retry }): Promise<WorkId> =>
    wide.enqueueAction(
      ctx,
      internal.pool.flaky,
      { run, failures, final: final ?? false },
      {
        ...whenDone(run),
        retry: retry && { maxAttempts: 3, initialBackoffMs: 50, base: 2 },
      },
    ),
});
export const enqueueSlow = mutation({
  args: { run: v.string(), count: v.number(), ms: v.number() },
  handler: (ctx, { run, count, ms }): Promise<WorkId[]> =>
    narrow.enqueueActionBatch(
      ctx,
      internal.pool.slowly,
      Array.from({ length: count }, () => ({ run, ms })),
      whenDone(run),
    ),
});
export const enqueueLater = mutation({
  args: { run: v.string(), runAfter: v.number() },
  handler: (ctx, { run, runAfter }): Promise<WorkId> =>
    wide.enqueueMutation(
      ctx,
      internal.pool.addInMutation,
      { run, a: 1, b: 1 },
      { ...whenDone(run), runAfter },
    ),
});
export const cancel = mutation({
  args: { id: vWorkId },
  handler: (ctx, { id }) => wide.cancel(ctx, id),
});
export const status = query({
  args: { id: vWorkId },
  handler: (ctx, { id }) => wide.status(ctx, id),
});
export const narrowStatuses = query({
  args: { ids: v.array(vWorkId) },
  handler: (ctx, { ids }) => narrow.statusBatch(ctx, ids),
});
