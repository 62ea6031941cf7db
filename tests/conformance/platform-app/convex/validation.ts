import { v } from "convex/values";
import { mutation, query } from "./_generated/server";

export const strictArgs = query({
  args: {
    text: v.string(),
    choice: v.optional(v.union(v.literal("a"), v.literal("b"))),
    list: v.optional(v.array(v.object({ n: v.number() }))),
    big: v.optional(v.int64()),
    record: v.optional(v.record(v.string(), v.boolean())),
    thing: v.optional(v.id("things")),
    literal: v.optional(v.literal("only")),
    nothing: v.optional(v.null()),
    bytes: v.optional(v.bytes()),
  },
  handler: (_ctx, args) => Object.keys(args).sort(),
});
export const noArgs = query({ args: {}, handler: () => "none" });
export const anyArgs = query((_ctx, args: Record<string, unknown>) =>
  Object.keys(args).sort(),
);
export const badReturn = query({
  args: { what: v.any() },
  returns: v.object({ n: v.number() }),
  handler: (_ctx, { what }) => what as { n: number },
});
export const badReturnAfterWrite = mutation({
  args: { run: v.string() },
  returns: v.null(),
  handler: async (ctx, { run }) => {
    await ctx.db.insert("remarks", { run, text: "not kept" });
    return "a string" as unknown as null;
  },
});
