import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Json } from "../language/evaluation";
import { hasPart, indexedValue, matchIndexOf } from "./eventMatch";

const values = fc.jsonValue({ maxDepth: 3 }) as fc.Arbitrary<Json>;
const objects = fc.dictionary(
  fc.string({ maxLength: 3 }),
  values,
) as fc.Arbitrary<{ [key: string]: Json }>;

describe("what an event's data must have", () => {
  it.each<[Json, Json, boolean]>([
    [{ id: 1, more: true }, { id: 1 }, true],
    [{ id: "1" }, { id: 1 }, false],
    [{ a: { b: [1, { c: 2, d: 3 }] } }, { a: { b: [1, { c: 2 }] } }, true],
    [{ a: [1, 2] }, { a: [1] }, false],
    [{ a: null }, { a: null }, true],
    [{}, { a: null }, false],
    [{}, { toString: null }, false],
    ["text", { a: 1 }, false],
    ["text", {}, false],
    [{ a: 1 }, {}, true],
  ])("%j has %j: %s", (data, wanted, expected) => {
    expect(hasPart(data, wanted)).toBe(expected);
  });

  it("is had by what it was taken from", () => {
    fc.assert(
      fc.property(values, objects, (data, more) => {
        expect(hasPart(data, data)).toBe(true);
        if (typeof data === "object" && data !== null && !Array.isArray(data))
          expect(hasPart({ ...more, ...data }, data)).toBe(true);
      }),
    );
  });

  it("is never missed by the index", () => {
    fc.assert(
      fc.property(objects, objects, (wanted, more) => {
        const data = { ...more, ...wanted };
        const { matchField, matchValue } = matchIndexOf(wanted);
        expect(indexedValue(data, matchField)).toBe(matchValue);
      }),
    );
  });

  it("is looked up by its first plain field", () => {
    expect(matchIndexOf({ z: 1, b: "x", a: {} })).toEqual({
      matchField: "b",
      matchValue: '"x"',
    });
    expect(matchIndexOf({ a: [] })).toEqual({ matchField: "", matchValue: "" });
    expect(indexedValue({ b: [1] }, "b")).toBeNull();
  });
});
