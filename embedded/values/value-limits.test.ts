import {
  convexToJson,
  getConvexSize,
  getDocumentSize,
  type JSONValue,
  type Value,
} from "convex/values";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { encodeId } from "./document-id";
import { brokenText, convexValue } from "./testing/arbitrary-value";
import {
  argumentsError,
  documentLimitError,
  sizeOf,
  valueLimitError,
} from "./value-limits";

const runs = { numRuns: 1000, seed: 1 };
const ID = encodeId(10_001, new Uint8Array(16));

describe("sizes", () => {
  it("of any value are those of getConvexSize", () => {
    fc.assert(
      fc.property(convexValue, (value) => {
        expect(sizeOf(convexToJson(value))).toBe(getConvexSize(value));
      }),
      runs,
    );
  });

  it("of any document are those of getDocumentSize", () => {
    const document = fc.dictionary(fc.constantFrom("a", "b", "c"), convexValue);
    fc.assert(
      fc.property(document, (fields) => {
        const stored = { ...fields, _id: ID, _creationTime: 1 };
        expect(sizeOf(convexToJson(stored))).toBe(getDocumentSize(stored));
        expect(sizeOf(convexToJson(stored))).toBe(
          getDocumentSize(fields, { customIdLength: ID.length }),
        );
      }),
      runs,
    );
  });

  it("count a placeholder of commitTs like the number it becomes", () => {
    expect(sizeOf({ $commitTs: null })).toBe(getConvexSize(1n));
  });
});

function nested(levels: number): Value {
  return levels === 0 ? 1 : { d: nested(levels - 1) };
}

function arrays(levels: number): JSONValue {
  return levels === 0 ? 1 : [arrays(levels - 1)];
}

const wide = (fields: number) =>
  Object.fromEntries(Array.from({ length: fields }, (_, n) => [`f${n}`, n]));

describe("limits", () => {
  it.each<[string, JSONValue, string | null]>([
    ["8192 items", Array<number>(8192).fill(0), null],
    [
      "8193 items",
      Array<number>(8193).fill(0),
      "Array length is too long (8193 > maximum length 8192)",
    ],
    ["1024 fields", wide(1024), null],
    [
      "1025 fields",
      wide(1025),
      "Object has too many fields (1025 > maximum number 1024)",
    ],
    ["64 levels", arrays(64), null],
    [
      "65 levels",
      arrays(65),
      "Value is too nested (nested 65 levels deep > maximum nesting 64)",
    ],
    [
      "a field $x",
      { a: { $x: 1 } },
      "Field name $x starts with a '$', which is reserved.",
    ],
    [
      "a field é",
      { é: 1 },
      "Field name é has invalid character 'é': Field names can only contain non-control ASCII characters",
    ],
    ["no field name", { "": 1 }, "Field name is empty"],
    ["a field of 1024 letters", { ["x".repeat(1024)]: 1 }, null],
    [
      "a field of 1025 letters",
      { ["x".repeat(1025)]: 1 },
      "exceeds maximum field name length 1024.",
    ],
  ])("of values: %s", (_name, value, text) => {
    const error = valueLimitError(value)?.message ?? null;
    if (text === null) expect(error).toBeNull();
    else expect(error).toContain(text);
  });

  it.each<[JSONValue, string]>([
    [{ $integer: "AA==" }, "Int64 must be exactly eight bytes"],
    [{ $integer: 1 }, "Int64 must be exactly eight bytes"],
    [{ $float: "AAAAAAAA8D8=" }, "Float64 1 should be encoded as a number"],
    [{ $float: "!" }, "Float64 must be exactly eight bytes"],
    [{ $bytes: "abc" }, "Malformed $bytes field"],
    [{ $bytes: null }, "Malformed $bytes field"],
    [{ $commitTs: 1 }, "Malformed $commitTs field"],
    [
      { $undefined: null },
      "Field name $undefined starts with a '$', which is reserved.",
    ],
    [
      { $integer: "AQAAAAAAAAA=", b: 1 },
      "Field name $integer starts with a '$', which is reserved.",
    ],
    [
      { b: 1, $integer: "AQAAAAAAAAA=" },
      "Field name $integer starts with a '$', which is reserved.",
    ],
    [{ $set: [] }, "Field name $set starts with a '$', which is reserved."],
    [Infinity, "number out of range"],
  ])("of encodings: %j", (value, text) => {
    expect(valueLimitError([{ a: value }])?.message).toBe(text);
  });

  it("let an unresolved commit timestamp pass only where it may", () => {
    const value = { a: [{ $commitTs: null }] };
    expect(argumentsError(value, { mayHaveCommitTs: true })).toBeNull();
    expect(argumentsError(value, { mayHaveCommitTs: false })).toBe(
      "Field name $commitTs starts with a '$', which is reserved.",
    );
  });

  it.each<[string, { [field: string]: JSONValue }, string | null]>([
    ["16 levels", nested(16) as { d: JSONValue }, null],
    [
      "17 levels",
      nested(17) as { d: JSONValue },
      "Document is too nested (nested 17 levels deep > maximum nesting 16)",
    ],
    ["1 MiB", { a: "x".repeat((1 << 20) - 6) }, null],
    [
      "1 MiB and a byte",
      { a: "x".repeat((1 << 20) - 5) },
      "Value is too large (1.00 MiB > maximum size 1 MiB)",
    ],
    ["system fields", { _id: ID, _creationTime: 1 }, null],
    [
      "another field with an underscore",
      { _x: 1 },
      "Field '_x' starts with an underscore, which is only allowed for system fields like '_id'",
    ],
    ["an underscore inside", { a: { _x: 1 } }, null],
  ])("of documents: %s", (_name, document, text) => {
    expect(documentLimitError(document)?.message ?? null).toBe(text);
  });

  it("refuse text that is no Unicode, wherever it stands", () => {
    fc.assert(
      fc.property(brokenText, (text) => {
        const isBroken = !Buffer.from(text).toString().includes(text);
        const error = valueLimitError({ a: [text] });
        expect(error !== null).toBe(isBroken);
      }),
      runs,
    );
  });

  it("leave any value of the right shape alone", () => {
    fc.assert(
      fc.property(convexValue, (value) => {
        expect(valueLimitError(convexToJson(value))).toBeNull();
      }),
      runs,
    );
  });
});
