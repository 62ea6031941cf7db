import { compareValues, convexToJson, type Value } from "convex/values";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  compareEncoded,
  compareKeys,
  encodeKey,
  keyAfter,
  prefixEnd,
} from "./index-key";

const name = fc.stringMatching(/^[a-z_][a-z0-9_ ]{0,3}$/);
const value: fc.Arbitrary<Value> = fc.letrec<{ value: Value }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.constant(null),
    fc.boolean(),
    fc.double(),
    fc.constantFrom(0, -0, NaN, Infinity, -Infinity, 1, -1),
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
    fc.constantFrom(0n, 1n, -1n, 255n, 256n),
    fc.string({ unit: "grapheme", maxLength: 4 }),
    fc.constantFrom("", "a", "a\0", "a\0b", "\uffff", "😀"),
    fc
      .uint8Array({ maxLength: 3 })
      .map((bytes) => new Uint8Array(bytes).buffer),
    fc.array(tie("value"), { maxLength: 3 }),
    fc.dictionary(name, tie("value"), { maxKeys: 3, noNullPrototype: true }),
  ),
})).value;

describe("index keys", () => {
  it("sort like compareValues of convex", () => {
    fc.assert(
      fc.property(value, value, (left, right) => {
        const expected = Math.sign(compareValues(left, right));
        const [a, b] = [convexToJson(left), convexToJson(right)];
        expect(Math.sign(compareKeys(encodeKey([a]), encodeKey([b])))).toBe(
          expected,
        );
        expect(Math.sign(compareEncoded(a, b))).toBe(expected);
      }),
      { numRuns: 3000 },
    );
  });

  it("put a missing field before everything and commitTs at the largest int64", () => {
    expect(compareEncoded(undefined, null)).toBe(-1);
    expect(compareEncoded({ $undefined: null }, undefined)).toBe(0);
    expect(
      compareEncoded({ $commitTs: null }, convexToJson(2n ** 63n - 1n)),
    ).toBe(0);
  });

  it("of several values compare value by value", () => {
    fc.assert(
      fc.property(fc.array(value, { maxLength: 2 }), value, (prefix, last) => {
        const encoded = prefix.map((item) => convexToJson(item));
        const start = encodeKey(encoded);
        const key = encodeKey([...encoded, convexToJson(last)]);
        const end = prefixEnd(start);
        expect(compareKeys(start, key)).toBeLessThan(0);
        if (end !== null) expect(compareKeys(key, end)).toBeLessThan(0);
        expect(compareKeys(key, keyAfter(key))).toBeLessThan(0);
      }),
    );
  });
});
