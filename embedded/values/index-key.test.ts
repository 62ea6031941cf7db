import {
  compareValues,
  convexToJson,
  jsonToConvex,
  type JSONValue,
  type Value,
} from "convex/values";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  compareEncoded,
  compareKeys,
  encodeKey,
  keyAfter,
  prefixEnd,
} from "./index-key";
import { brokenText, convexValue } from "./testing/arbitrary-value";

const optional = fc.option(convexValue, { nil: undefined });
const tuple = fc.array(optional, { minLength: 3, maxLength: 3 });
const runs = (numRuns: number) => ({ numRuns, seed: 1 });

function encoded(value: Value | undefined): JSONValue | undefined {
  return value === undefined ? undefined : convexToJson(value);
}

function expectSameOrder(left: Value | undefined, right: Value | undefined) {
  const order = Math.sign(compareValues(left, right));
  const [a, b] = [encoded(left), encoded(right)];
  expect(Math.sign(compareKeys(encodeKey([a]), encodeKey([b])))).toBe(order);
  expect(Math.sign(compareEncoded(a, b))).toBe(order);
}

describe("index keys", () => {
  it("sort like compareValues of convex", () => {
    fc.assert(fc.property(optional, optional, expectSameOrder), runs(5000));
  });

  it("sort values that differ little like compareValues of convex", () => {
    const wrap = fc.constantFrom<(value: Value) => Value>(
      (value) => value,
      (value) => [value],
      (value) => [value, null],
      (value) => ({ a: value }),
      (value) => ({ a: value, b: value }),
    );
    fc.assert(
      fc.property(convexValue, wrap, wrap, (value, left, right) =>
        expectSameOrder(left(value), right(value)),
      ),
      runs(1500),
    );
  });

  it("sort text that is no Unicode like compareValues of convex", () => {
    fc.assert(fc.property(brokenText, brokenText, expectSameOrder), runs(1000));
  });

  it("tell every NaN, infinity and zero apart, as the total order of IEEE does", () => {
    const ascending = [
      { $float: floatBytes(0xfff8000000000001n) },
      { $float: floatBytes(0xfff8000000000000n) },
      ...[-Infinity, -1, -5e-324, -0, 0, 5e-324, 1, Infinity, NaN].map(
        (number) => convexToJson(number),
      ),
      { $float: floatBytes(0x7ff8000000000001n) },
    ];
    ascending.forEach((value, at) => {
      const next = ascending[at + 1];
      if (next !== undefined) expect(compareEncoded(value, next)).toBe(-1);
    });
  });

  it("put a missing field before everything and commitTs at the largest int64", () => {
    expect(compareEncoded(undefined, null)).toBe(-1);
    expect(compareEncoded({ $undefined: null }, undefined)).toBe(0);
    expect(
      compareEncoded({ $commitTs: null }, convexToJson(2n ** 63n - 1n)),
    ).toBe(0);
  });

  it("of several values sort like the values one after the other", () => {
    fc.assert(
      fc.property(tuple, tuple, fc.nat(3), (left, right, shared) => {
        const other = [...left.slice(0, shared), ...right.slice(shared)];
        const order = left
          .map((value, at) => Math.sign(compareValues(value, other[at])))
          .find((result) => result !== 0);
        const keys = [left, other].map((values) =>
          encodeKey(values.map(encoded)),
        );
        const [a = Buffer.of(), b = Buffer.of()] = keys;
        expect(Math.sign(compareKeys(a, b))).toBe(order ?? 0);
      }),
      runs(2000),
    );
  });

  it("lie between their prefix and its end, and right before the key after them", () => {
    fc.assert(
      fc.property(
        fc.array(optional, { maxLength: 2 }),
        optional,
        (prefix, last) => {
          const start = encodeKey(prefix.map(encoded));
          const key = encodeKey([...prefix, last].map(encoded));
          const end = prefixEnd(start);
          expect(compareKeys(start, key)).toBeLessThan(0);
          if (end !== null) expect(compareKeys(key, end)).toBeLessThan(0);
          expect(compareKeys(key, keyAfter(key))).toBeLessThan(0);
        },
      ),
      runs(1000),
    );
  });

  it("of texts are their UTF-8, with 00 FF for zero, whatever the length and wherever the odd letter is", () => {
    const oddAt = fc.record({
      length: fc.nat(140),
      at: fc.nat(140),
      odd: fc.constantFrom("a", "\0", "\x7f", "\x80", "é", "漢", "😀"),
    });
    fc.assert(
      fc.property(oddAt, ({ length, at, odd }) => {
        const text =
          "x".repeat(Math.min(at, length)) + odd + "y".repeat(length);
        const bytes = [...Buffer.from(text, "utf8")];
        const escaped = bytes.flatMap((byte) => (byte === 0 ? [0, 255] : byte));
        expect([...encodeKey([text])]).toEqual([0x10, ...escaped, 0]);
      }),
      runs(2000),
    );
  });

  it("stay as they were while others are made, also huge ones and those given up", () => {
    const sizes = fc.array(fc.oneof(fc.nat(100), fc.nat(30_000)), {
      minLength: 1,
      maxLength: 60,
    });
    fc.assert(
      fc.property(sizes, (lengths) => {
        const keys = lengths.map((length, at) => {
          expect(() => encodeKey(["z", { $integer: null }])).toThrow();
          return encodeKey([at, "k".repeat(length)]);
        });
        const areSame = lengths.map((length, at) =>
          keys[at]?.equals(encodeKey([at, "k".repeat(length)])),
        );
        expect(areSame).not.toContain(false);
      }),
      runs(50),
    );
  });

  it("are equal only for equal values", () => {
    fc.assert(
      fc.property(convexValue, (value) => {
        const again = jsonToConvex(convexToJson(value));
        expect(encodeKey([encoded(again)])).toEqual(
          encodeKey([encoded(value)]),
        );
      }),
      runs(1000),
    );
  });
});

function floatBytes(bits: bigint): string {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(bits);
  return bytes.toString("base64");
}
