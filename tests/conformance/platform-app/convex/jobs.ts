import { type GenericId, v } from "convex/values";
import { internal } from "./_generated/api";
import {
  action,
  internalAction,
  internalMutation,
  mutation,
  query,
} from "./_generated/server";

export const note = internalMutation({
  args: { run: v.string(), text: v.string() },
  handler: async (ctx, note) => {
    await ctx.db.insert("remarks", note);
  },
});
export const failing = internalMutation({
  args: { run: v.string() },
  handler: async (ctx, { run }) => {
    await ctx.db.insert("remarks", { run, text: "not kept" });
    throw new Error("job failed");
  },
});
export const noteInAction = internalAction({
  args: { run: v.string() },
  handler: async (ctx, { run }) => {
    await ctx.runMutation(internal.jobs.note, { run, text: "by an action" });
  },
});
export const failingAction = internalAction({
  args: {},
  handler: () => {
    throw new Error("action job failed");
  },
});
const target = v.union(
  v.literal("note"),
  v.literal("failing"),
  v.literal("noteInAction"),
  v.literal("failingAction"),
);

export const schedule = mutation({
  args: {
    target,
    args: v.any(),
    afterMs: v.optional(v.number()),
    atMs: v.optional(v.number()),
  },
  handler: (
    ctx,
    { target, args, afterMs, atMs },
  ): Promise<GenericId<"_scheduled_functions">> =>
    atMs === undefined
      ? ctx.scheduler.runAfter(afterMs ?? 0, internal.jobs[target], args)
      : ctx.scheduler.runAt(atMs, internal.jobs[target], args),
});
export const scheduleAndFail = mutation({
  args: { run: v.string() },
  handler: async (ctx, { run }) => {
    await ctx.scheduler.runAfter(0, internal.jobs.note, { run, text: "no" });
    throw new Error("rolled back");
  },
});
export const scheduleInAction = action({
  args: { run: v.string() },
  handler: async (ctx, { run }): Promise<void> => {
    await ctx.scheduler.runAfter(0, internal.jobs.note, {
      run,
      text: "from an action",
    });
  },
});
export const scheduleThenCancel = mutation({
  args: { run: v.string() },
  handler: async (ctx, { run }): Promise<string> => {
    const id: GenericId<"_scheduled_functions"> = await ctx.scheduler.runAfter(
      0,
      internal.jobs.note,
      {
        run,
        text: "canceled",
      },
    );
    await ctx.scheduler.cancel(id);
    return id;
  },
});
export const cancel = mutation({
  args: { id: v.id("_scheduled_functions") },
  handler: (ctx, { id }) => ctx.scheduler.cancel(id),
});
export const get = query({
  args: { id: v.id("_scheduled_functions") },
  handler: (ctx, { id }) => ctx.db.system.get(id),
});
/** Nobody is signed in when a job runs. */
export const noteIdentity = internalMutation({
  args: { run: v.string() },
  handler: async (ctx, { run }) => {
    const me = await ctx.auth.getUserIdentity();
    await ctx.db.insert("remarks", { run, text: me?.subject ?? "nobody" });
  },
});
export const scheduleIdentity = mutation({
  args: { run: v.string() },
  handler: async (ctx, { run }) => {
    await ctx.scheduler.runAfter(0, internal.jobs.noteIdentity, { run });
    return (await ctx.auth.getUserIdentity())?.subject ?? null;
  },
});
export const scheduleUnknown = mutation({
  args: { name: v.string() },
  handler: async (ctx, { name }) => {
    const { makeFunctionReference } = await import("convex/server");
    await ctx.scheduler.runAfter(0, makeFunctionReference<"mutation">(name));
  },
});
