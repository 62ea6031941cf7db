import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { isTooDeep } from "./json-depth";

const nested = (depth: number) => "[".repeat(depth) + "]".repeat(depth);

/** How many times a character of it is looked at. */
function looksAt(json: string): number {
  const look = vi.spyOn(String.prototype, "charCodeAt");
  expect(isTooDeep(json)).toBe(false);
  const looks = look.mock.calls.length;
  look.mockRestore();
  return looks;
}

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
    const texts = ['\\"'.repeat(2_000), "\\".repeat(4_000)];
    for (const text of texts) {
      const json = `[${"[],".repeat(200)}"${text}"]`;
      expect(looksAt(json)).toBeLessThan(3 * json.length);
    }
  });
});
