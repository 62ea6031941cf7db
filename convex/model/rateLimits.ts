import { MINUTE, RateLimiter } from "@convex-dev/rate-limiter";
import { components } from "../_generated/api";
import { userError } from "../errors";
import type { MutationCtx } from "../functions";

const limiter = new RateLimiter(components.rateLimiter, {
  /** By organization: starts and replays by people. */
  startRun: { kind: "token bucket", rate: 600, period: MINUTE, capacity: 200 },
  /** By webhook. */
  webhook: { kind: "token bucket", rate: 600, period: MINUTE, capacity: 200 },
  /** By organization. */
  event: { kind: "token bucket", rate: 6_000, period: MINUTE, capacity: 1_000 },
  /** By workflow: looks at what its runs gave, for the editor. */
  lookAtRuns: { kind: "token bucket", rate: 20, period: MINUTE, capacity: 5 },
  /** By organization. */
  lookAtAll: { kind: "token bucket", rate: 2, period: MINUTE, capacity: 1 },
});

const WHAT = {
  startRun: "runs are being started",
  webhook: "runs are being started",
  event: "events are being sent",
};

/** Takes one from the bucket; throws `rate_limited` when it is empty. */
export async function requireCapacity(
  ctx: MutationCtx,
  name: keyof typeof WHAT,
  key: string,
): Promise<void> {
  const { ok, retryAfter } = await limiter.limit(ctx, name, { key });
  if (ok) return;
  const retryAfterMs = Math.ceil(retryAfter);
  throw userError(
    "rate_limited",
    `Too many ${WHAT[name]}; try again in ${Math.ceil(retryAfterMs / 1000)} s.`,
    { retryAfterMs },
  );
}

/** For what may as well be left out. */
export async function hasCapacity(
  ctx: MutationCtx,
  name: "lookAtRuns" | "lookAtAll",
  key: string,
): Promise<boolean> {
  return (await limiter.limit(ctx, name, { key })).ok;
}
