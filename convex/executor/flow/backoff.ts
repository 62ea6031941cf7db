/** When to try again. Pure: the clock and chance are arguments. */
import type { RetryPolicy } from "../../language/graph";

/** More would be infinite, and no delay at all would become NaN. */
const MAX_DOUBLINGS = 50;

/** Exponential with full jitter: anything from nothing to the doubled delay, which is never above `maxDelayMs`. */
export function backoffMs(
  policy: RetryPolicy,
  failedAttempt: number,
  random: number,
): number {
  if (policy.backoff === "fixed")
    return Math.min(policy.initialDelayMs, policy.maxDelayMs);
  const doublings = Math.min(failedAttempt - 1, MAX_DOUBLINGS);
  const ceiling = Math.min(
    policy.maxDelayMs,
    policy.initialDelayMs * 2 ** doublings,
  );
  return Math.round(ceiling * random);
}

export type RetryDecision =
  | { kind: "retry"; at: number }
  | {
      kind: "giveUp";
      reason: "not_retryable" | "attempts" | "elapsed" | "timeout";
    };

/**
 * `attempt` failed at `now`. Interrupted attempts (the worker died) are not in `counted`. A `Retry-After` that asks for
 * longer wins. No attempt starts after `maxElapsedMs` or after the step's own deadline.
 */
export function decideRetry(
  policy: RetryPolicy,
  failure: {
    counted: number;
    retryable: boolean;
    retryAfterMs: number | null;
    now: number;
    firstStartedAt: number;
    deadline: number | null;
    random: number;
  },
): RetryDecision {
  if (!failure.retryable) return { kind: "giveUp", reason: "not_retryable" };
  if (failure.counted >= policy.maxAttempts)
    return { kind: "giveUp", reason: "attempts" };
  const delay = Math.max(
    backoffMs(policy, failure.counted, failure.random),
    failure.retryAfterMs ?? 0,
  );
  const at = failure.now + delay;
  if (
    policy.maxElapsedMs !== null &&
    at > failure.firstStartedAt + policy.maxElapsedMs
  ) {
    return { kind: "giveUp", reason: "elapsed" };
  }
  if (failure.deadline !== null && at >= failure.deadline) {
    return { kind: "giveUp", reason: "timeout" };
  }
  return { kind: "retry", at };
}
