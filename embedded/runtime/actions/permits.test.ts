import { setTimeout as sleep } from "node:timers/promises";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Permits } from "./permits";

describe("permits", () => {
  it("let no more run at once than there are, and everybody in order of arrival", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 4 }),
        fc.array(fc.boolean(), { maxLength: 12 }),
        async (limit, fails) => {
          const permits = new Permits(limit, "action");
          const started: number[] = [];
          let most = 0;
          const runs = fails.map((isFailing, index) =>
            permits.run(async () => {
              started.push(index);
              most = Math.max(most, permits.running);
              await Promise.resolve();
              if (isFailing) throw new Error("on purpose");
            }, Infinity),
          );
          await Promise.allSettled(runs);
          expect(started).toEqual(fails.map((_, index) => index));
          expect(most).toBeLessThanOrEqual(limit);
          expect([permits.running, permits.waiting]).toEqual([0, 0]);
        },
      ),
      { numRuns: 50 },
    );
  });
  it("refuse who has waited too long, and are free again afterwards", async () => {
    const permits = new Permits(1, "action");
    let finish: () => void = () => undefined;
    const first = permits.run(
      () => new Promise<void>((resolve) => (finish = resolve)),
      0,
    );
    await expect(permits.run(() => sleep(0), 5)).rejects.toMatchObject({
      code: "TooManyConcurrentRequests",
      status: 429,
      message: expect.stringContaining("limited to 1 concurrent actions"),
    });
    finish();
    await first;
    expect(await permits.run(() => Promise.resolve("ran"), 0)).toBe("ran");
  });
});
