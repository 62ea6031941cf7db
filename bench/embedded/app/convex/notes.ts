import { mutationGeneric, queryGeneric } from "convex/server";
import { v } from "convex/values";

const table = v.union(
  v.literal("notes"),
  v.literal("small"),
  v.literal("large"),
);

export const add = mutationGeneric({
  args: { table, room: v.number(), author: v.string(), body: v.string() },
  returns: v.null(),
  handler: async (ctx, { table, ...note }) => {
    await ctx.db.insert(table, note);
    return null;
  },
});

/** At most 100 of a room. */
export const inRoom = queryGeneric({
  args: { table, room: v.number() },
  handler: (ctx, { table, room }) =>
    ctx.db
      .query(table)
      .withIndex("by_room", (q) => q.eq("room", room))
      .take(100),
});

/** The newest of a room: what a live query of a screen is like. */
export const newestInRoom = queryGeneric({
  args: { room: v.number() },
  handler: (ctx, { room }) =>
    ctx.db
      .query("notes")
      .withIndex("by_room", (q) => q.eq("room", room))
      .order("desc")
      .first(),
});
