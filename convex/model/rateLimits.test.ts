import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Bucket, takeOne } from "./rateLimits";

const size = { perMinute: 60, capacity: 3 };

function take(bucket: Bucket | null, now: number): Bucket {
  const taken = takeOne(bucket, size, now);
  if (taken.kind === "empty") throw new Error("The bucket is empty");
  return taken.bucket;
}

describe("a token bucket", () => {
  it("gives its capacity at once, and then says when there is more", () => {
    const empty = [0, 0, 0].reduce<Bucket | null>(take, null);
    expect(takeOne(empty, size, 0)).toEqual({
      kind: "empty",
      retryAfterMs: 1_000,
    });
    expect(takeOne(empty, size, 400)).toEqual({
      kind: "empty",
      retryAfterMs: 600,
    });
    expect(takeOne(empty, size, 1_000)).toMatchObject({ kind: "taken" });
  });

  it("holds no more than its capacity, however long nobody takes", () => {
    expect(take({ value: 0, at: 0 }, 60_000_000)).toEqual({
      value: 2,
      at: 60_000_000,
    });
  });

  it("is not refilled by a clock that goes back", () => {
    expect(takeOne({ value: 0.5, at: 5_000 }, size, 1_000)).toEqual({
      kind: "empty",
      retryAfterMs: 500,
    });
  });

  it("never gives more than its capacity and what flows in", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(5_000), { maxLength: 60 }), (gaps) => {
        let [now, given] = [0, 0];
        let bucket: Bucket | null = null;
        for (const gap of gaps) {
          now += gap;
          const taken = takeOne(bucket, size, now);
          if (taken.kind === "empty") continue;
          bucket = taken.bucket;
          given += 1;
        }
        expect(given).toBeLessThanOrEqual(3 + now / 1_000);
      }),
    );
  });
});
