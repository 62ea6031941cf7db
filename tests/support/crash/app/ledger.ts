/** What the load writes. Every mutation leaves traces in several tables, so that a half of one would be seen. */
import { makeFunctionReference } from "convex/server";
import { v } from "convex/values";
import {
  internalAction,
  internalMutation,
  mutation,
  type MutationCtx,
} from "./server";

const vEntry = { lane: v.string(), n: v.number() };
type Entry = { lane: string; n: number };

const followRef = makeFunctionReference<"mutation", Entry & { depth: number }>(
  "ledger:follow",
);
const deedRef = makeFunctionReference<"mutation", Entry>("ledger:deed");
const actRef = makeFunctionReference<"action", Entry>("ledger:act");

/** Returns its place in the order of all writes. */
export const write = mutation({
  args: { ...vEntry, follows: v.number(), acts: v.boolean() },
  returns: v.number(),
  handler: async (ctx, { lane, n, follows, acts }) => {
    const order = await nextOrder(ctx);
    const committedAt = ctx.db.vars.commitTs;
    await ctx.db.insert("lefts", { lane, n, order, committedAt });
    if (follows > 0)
      await ctx.scheduler.runAfter((n % 3) * 40, followRef, {
        lane,
        n,
        depth: follows,
      });
    if (acts) await ctx.scheduler.runAfter(0, actRef, { lane, n });
    await ctx.db.insert("rights", { lane, n });
    return order;
  },
});

async function nextOrder(ctx: MutationCtx): Promise<number> {
  const counter = await ctx.db.query("counters").first();
  const value = (counter?.value ?? 0) + 1;
  if (counter === null) await ctx.db.insert("counters", { value });
  else await ctx.db.patch("counters", counter._id, { value });
  return value;
}

export const follow = internalMutation({
  args: { ...vEntry, depth: v.number() },
  handler: async (ctx, { lane, n, depth }) => {
    await ctx.db.insert("follows", { lane, n, depth });
    if (depth > 1)
      await ctx.scheduler.runAfter(0, followRef, { lane, n, depth: depth - 1 });
  },
});

export const act = internalAction({
  args: vEntry,
  handler: async (ctx, entry) => {
    await ctx.runMutation(deedRef, entry);
  },
});

export const deed = internalMutation({
  args: vEntry,
  handler: async (ctx, entry) => {
    await ctx.db.insert("deeds", entry);
  },
});

export const uploadUrl = mutation({
  args: {},
  returns: v.string(),
  handler: (ctx) => ctx.storage.generateUploadUrl(),
});

export const tick = internalMutation({
  args: { version: v.string() },
  handler: async (ctx, { version }) => {
    await ctx.db.insert("ticks", { version });
  },
});
