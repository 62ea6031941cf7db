import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isTooDeep } from "./json-depth";

const nested = (depth: number) => "[".repeat(depth) + "]".repeat(depth);

describe("the depth of JSON text", () => {
  it("may be 128 and no more", () => {
    expect([nested(128), nested(129), nested(100_000)].map(isTooDeep)).toEqual([
      false,
      true,
      true,
    ]);
    expect(isTooDeep(`{"a":`.repeat(129))).toBe(true);
  });
  it("does not count brackets inside strings", () => {
    fc.assert(
      fc.property(
        fc.string(),
        fc.integer({ min: 0, max: 140 }),
        (text, depth) => {
          const value = JSON.stringify([text + "[".repeat(200) + text, "\\"]);
          const json = "[".repeat(depth) + value + "]".repeat(depth);
          expect(isTooDeep(json)).toBe(depth + 1 > 128);
        },
      ),
    );
  });
  it("is found in linear time even in a text of backslashes and quotes", () => {
    const started = performance.now();
    isTooDeep(`"${'\\"'.repeat(500_000)}"`);
    isTooDeep(`"${"\\".repeat(1_000_000)}"`);
    expect(performance.now() - started).toBeLessThan(1000);
  });
});
