import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { RetryPolicy } from "../../language/graph";
import { backoffMs, decideRetry } from "./backoff";

const DAY = 24 * 3600 * 1000;

const policies: fc.Arbitrary<RetryPolicy> = fc.record({
  maxAttempts: fc.integer({ min: 1, max: 100 }),
  backoff: fc.constantFrom("exponential", "fixed"),
  initialDelayMs: fc.nat(DAY),
  maxDelayMs: fc.nat(DAY),
  maxElapsedMs: fc.option(fc.nat(DAY)),
});
const random = fc.double({
  min: 0,
  max: 1,
  maxExcluded: true,
  noNaN: true,
});
const failures = fc.record({
  counted: fc.integer({ min: 1, max: 100 }),
  retryable: fc.boolean(),
  retryAfterMs: fc.option(fc.nat(DAY)),
  now: fc.integer({ min: 1_700_000_000_000, max: 1_700_000_000_000 + DAY }),
  firstStartedAt: fc.constant(1_700_000_000_000),
  deadline: fc.option(
    fc.integer({ min: 1_700_000_000_000, max: 1_700_000_000_000 + 3 * DAY }),
  ),
  random,
});

const POLICY: RetryPolicy = {
  maxAttempts: 5,
  backoff: "exponential",
  initialDelayMs: 1_000,
  maxDelayMs: 10_000,
  maxElapsedMs: null,
};
const FAILURE = {
  counted: 1,
  retryable: true,
  retryAfterMs: null,
  now: 100_000,
  firstStartedAt: 99_000,
  deadline: null,
  random: 0.5,
};

describe("the backoff", () => {
  it("is whole, never negative and never above the longest delay", () => {
    fc.assert(
      fc.property(
        policies,
        fc.integer({ min: 1, max: 2_000 }),
        random,
        (policy, attempt, chance) => {
          const delay = backoffMs(policy, attempt, chance);
          expect(Number.isInteger(delay)).toBe(true);
          expect(delay).toBeGreaterThanOrEqual(0);
          expect(delay).toBeLessThanOrEqual(policy.maxDelayMs);
        },
      ),
    );
  });

  it("doubles its ceiling with each failure until the longest delay", () => {
    const ceilings = [1, 2, 3, 4, 5, 6].map((n) => backoffMs(POLICY, n, 1));
    expect(ceilings).toEqual([1_000, 2_000, 4_000, 8_000, 10_000, 10_000]);
  });

  it("spreads from nothing to the ceiling", () => {
    expect(backoffMs(POLICY, 3, 0)).toBe(0);
    expect(backoffMs(POLICY, 3, 0.25)).toBe(1_000);
  });

  it("does not depend on chance or attempt when it is fixed", () => {
    const fixed = { ...POLICY, backoff: "fixed" } as const;
    expect([1, 2, 9].map((n) => backoffMs(fixed, n, n / 10))).toEqual([
      1_000, 1_000, 1_000,
    ]);
  });
});

describe("a failed attempt", () => {
  it("is retried only within attempts, elapsed time and deadline", () => {
    fc.assert(
      fc.property(policies, failures, (policy, failure) => {
        const decision = decideRetry(policy, failure);
        if (decision.kind === "giveUp") return;
        expect(failure.retryable).toBe(true);
        expect(failure.counted).toBeLessThan(policy.maxAttempts);
        expect(decision.at).toBeGreaterThanOrEqual(
          failure.now + (failure.retryAfterMs ?? 0),
        );
        if (policy.maxElapsedMs !== null)
          expect(decision.at - failure.firstStartedAt).toBeLessThanOrEqual(
            policy.maxElapsedMs,
          );
        if (failure.deadline !== null)
          expect(decision.at).toBeLessThan(failure.deadline);
      }),
    );
  });

  it("waits for as long as the server asked when that is longer", () => {
    const asked = { ...FAILURE, retryAfterMs: 60_000 };
    expect(decideRetry(POLICY, asked)).toEqual({ kind: "retry", at: 160_000 });
  });

  it("waits for the backoff when the server asked for less", () => {
    const asked = { ...FAILURE, retryAfterMs: 1 };
    expect(decideRetry(POLICY, asked)).toEqual({ kind: "retry", at: 100_500 });
  });

  it.each([
    ["not_retryable", POLICY, { retryable: false }],
    ["attempts", POLICY, { counted: 5 }],
    ["attempts", { ...POLICY, maxAttempts: 1 }, {}],
    ["elapsed", { ...POLICY, maxElapsedMs: 1_400 }, {}],
    ["timeout", POLICY, { deadline: 100_500 }],
    ["timeout", POLICY, { deadline: 160_000, retryAfterMs: 60_000 }],
  ])("gives up because of %s", (reason, policy, change) => {
    expect(decideRetry(policy, { ...FAILURE, ...change })).toEqual({
      kind: "giveUp",
      reason,
    });
  });
});
