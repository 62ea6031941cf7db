import { ConvexError, v } from "convex/values";
import { internal } from "./_generated/api";
import {
  action,
  internalMutation,
  internalQuery,
  mutation,
  query,
} from "./_generated/server";

export const levels = query({
  args: {},
  handler: () => {
    console.log("text", 1, { a: [true, null], b: "c" });
    console.debug(12n);
    console.info([undefined]);
    console.warn("careful");
    console.error(new Error("logged"));
    return null;
  },
});
export const many = query({
  args: {},
  handler: () => {
    for (let line = 0; line < 300; line += 1) console.log(line);
  },
});
export const long = query({
  args: {},
  handler: () => console.log("y".repeat(40_000)),
});

export const fail = query({
  args: { with: v.any() },
  handler: (_ctx, args): null => {
    throw new ConvexError(args.with);
  },
});
export const failPlainly = query({
  args: {},
  handler: (): null => {
    throw new TypeError("plainly");
  },
});
export const failWith = query({
  args: {},
  handler: (): null => {
    // eslint-disable-next-line @typescript-eslint/only-throw-error
    throw "a string";
  },
});
export const stack = query({
  args: {},
  handler: () => new Error("here").stack ?? "",
});
export const stackInAction = action({
  args: {},
  handler: () => new Error("here").stack ?? "",
});
export const inner = internalQuery({
  args: {},
  handler: (): null => {
    throw new ConvexError({ code: 7 });
  },
});
export const innerMutation = internalMutation({
  args: { run: v.string() },
  handler: async (ctx, { run }) => {
    await ctx.db.insert("remarks", { run, text: "inner" });
    throw new Error("inner failed");
  },
});
export const throughAction = action({
  args: {},
  handler: async (ctx): Promise<unknown> => {
    try {
      return await ctx.runQuery(internal.logs.inner, {});
    } catch (error) {
      return error instanceof ConvexError ? { caught: error.data } : "other";
    }
  },
});
export const catchInner = mutation({
  args: { run: v.string() },
  handler: async (ctx, { run }): Promise<string> => {
    await ctx.db.insert("remarks", { run, text: "outer" });
    try {
      await ctx.runMutation(internal.logs.innerMutation, { run });
      return "not reached";
    } catch (error) {
      return (error as Error).message;
    }
  },
});
export const note = mutation({
  args: { run: v.string(), text: v.string() },
  handler: (ctx, note) => ctx.db.insert("remarks", note),
});
export const notes = query({
  args: { run: v.string() },
  handler: async (ctx, { run }) =>
    (
      await ctx.db
        .query("remarks")
        .withIndex("by_run", (q) => q.eq("run", run))
        .collect()
    ).map(({ text }) => text),
});
