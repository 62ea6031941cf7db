import { MINUTE, RateLimiter } from "@convex-dev/rate-limiter";
import { components } from "./_generated/api";
import { mutation } from "./_generated/server";

const limiter = new RateLimiter(components.rateLimiter, {
  twice: { kind: "fixed window", rate: 2, period: MINUTE },
});

export const take = mutation({
  args: {},
  handler: async (ctx) => (await limiter.limit(ctx, "twice")).ok,
});
