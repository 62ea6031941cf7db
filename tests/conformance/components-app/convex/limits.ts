import { MINUTE, RateLimiter, SECOND } from "@convex-dev/rate-limiter";
import { v } from "convex/values";
import { components } from "./_generated/api";
import { mutation, query } from "./_generated/server";

const limiter = new RateLimiter(components.rateLimiter, {
  bucket: { kind: "token bucket", rate: 2, period: SECOND, capacity: 2 },
  window: { kind: "fixed window", rate: 2, period: MINUTE, start: 0 },
  reserved: {
    kind: "token bucket",
    rate: 1,
    period: MINUTE,
    capacity: 2,
    maxReserved: 2,
  },
  sharded: { kind: "fixed window", rate: 40, period: MINUTE, shards: 4 },
  batched: {
    kind: "fixed window",
    rate: 5,
    period: MINUTE,
    applyUpdates: "asynchronously",
  },
});

const name = v.union(
  v.literal("bucket"),
  v.literal("window"),
  v.literal("reserved"),
  v.literal("sharded"),
  v.literal("batched"),
);
const options = {
  key: v.string(),
  count: v.optional(v.number()),
  reserve: v.optional(v.boolean()),
  throws: v.optional(v.boolean()),
};

export const limit = mutation({
  args: { name, ...options },
  handler: (ctx, { name, ...rest }) => limiter.limit(ctx, name, rest),
});

export const check = query({
  args: { name, ...options },
  handler: (ctx, { name, ...rest }) => limiter.check(ctx, name, rest),
});

export const value = query({
  args: { name, key: v.string() },
  handler: (ctx, { name, key }) => limiter.getValue(ctx, name, { key }),
});

export const reset = mutation({
  args: { name, key: v.string() },
  handler: (ctx, { name, key }) => limiter.reset(ctx, name, { key }),
});

export const inlined = mutation({
  args: { key: v.string() },
  handler: (ctx, { key }) =>
    limiter.limit(ctx, "inlined", {
      key,
      config: { kind: "fixed window", rate: 1, period: MINUTE },
    }),
});

/** The limit is taken and given back with the mutation's other effects. */
export const limitAndFail = mutation({
  args: { key: v.string() },
  handler: async (ctx, { key }) => {
    await limiter.limit(ctx, "window", { key, count: 2, throws: true });
    throw new Error("after the limit was taken");
  },
});

export const { getRateLimit, getServerTime } = limiter.hookAPI("window", {
  key: (_ctx, keyFromClient) => keyFromClient ?? "anonymous",
});
