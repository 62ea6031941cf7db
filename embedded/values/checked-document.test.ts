/** The one walk says of any document what the separate ones say. */
import { convexToJson, type JSONValue } from "convex/values";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compileDocument } from "./checked-document";
import { ODD } from "./checked-size";
import type { JsonObject } from "./encoded-value";
import {
  objectModel,
  tableNameOf,
  unionModel,
  validatorModel,
  type ValidatorModel,
} from "./testing/arbitrary-validator";
import { brokenText, convexValue } from "./testing/arbitrary-value";
import { checkValue } from "./validator-check";
import type { ValidatorJson } from "./validator-json";
import { documentLimitError, sizeOf } from "./value-limits";

const ANY: ValidatorJson = { type: "any" };
const SYSTEM = { _id: "j57000820c20a1g7104gm2rc1m70ynr8", _creationTime: 1.5 };

const objects: fc.Arbitrary<ValidatorModel> = fc
  .array(
    fc.record({
      name: fc.constantFrom("a", "b", "c", "constructor", "toString"),
      optional: fc.boolean(),
      model: validatorModel,
    }),
    { maxLength: 4 },
  )
  .map(objectModel);
const tables: fc.Arbitrary<ValidatorModel> = fc.oneof(
  objects,
  fc.array(objects, { maxLength: 3 }).map(unionModel),
);

function nested(levels: number, leaf: JSONValue): JSONValue {
  let value = leaf;
  for (let at = 0; at < levels; at++)
    value = at % 3 === 0 ? [value] : { value };
  return value;
}

/** What may not be stored, or only just may. */
const odd: fc.Arbitrary<JSONValue> = fc.oneof(
  brokenText,
  fc.string({ unit: "grapheme", maxLength: 20 }).map((text) => text.repeat(20)),
  fc.constantFrom<JSONValue>(
    { $undefined: null },
    { $commitTs: null },
    { $commitTs: 1 },
    { $integer: "AAAAAAAAAAA=" },
    { $integer: "AAA" },
    { $integer: "AAAAAAAAAAA=", b: 1 },
    { $float: "AAAAAAAA8D8=" },
    { $float: "AAAAAAAA8H8=" },
    { $bytes: "AAA=" },
    { $bytes: null },
    { $other: 1 },
    { a: 1, $integer: "AAAAAAAAAAA=" },
    { "": 1 },
    { é: 1 },
    { "\x7f": 1 },
    { " ~": 1 },
    { _a: 1 },
    { ["n".repeat(1024)]: 1 },
    { ["n".repeat(1025)]: 1 },
    Infinity,
    -0,
    JSON.parse('{"__proto__":1}') as JSONValue,
    new Array<JSONValue>(8192).fill(1),
    new Array<JSONValue>(8193).fill(1),
    Object.fromEntries(Array.from({ length: 1024 }, (_, at) => [`f${at}`, 1])),
    Object.fromEntries(Array.from({ length: 1025 }, (_, at) => [`f${at}`, 1])),
  ),
);
const deep = fc
  .tuple(fc.integer({ min: 10, max: 18 }), odd)
  .map(([levels, leaf]) => nested(levels, leaf));
const anyJson = fc.oneof(convexValue.map(convexToJson), odd, deep);
const spoiling: fc.Arbitrary<JsonObject> = fc.oneof(
  { weight: 3, arbitrary: fc.constant({}) },
  fc.dictionary(fc.constantFrom("a", "b", "_c", "$d", "z"), anyJson, {
    maxKeys: 1,
    noNullPrototype: true,
  }),
);

function separateSize(document: JsonObject, validator: ValidatorJson): number {
  const { _id, _creationTime, ...fields } = document;
  const isRefused =
    documentLimitError(document) !== null ||
    (validator.type !== "any" &&
      checkValue(fields, validator, tableNameOf) !== null);
  return isRefused ? ODD : sizeOf(document);
}

function expectSame(document: JsonObject, validator: ValidatorJson): boolean {
  const checked = compileDocument(validator)(document, tableNameOf);
  expect(checked).toBe(separateSize(document, validator));
  return checked !== ODD;
}

describe("the check of a document in one walk", () => {
  it("lets in what matches its table's validator and keeps every limit, with its size", () => {
    const cases = tables.chain((table) =>
      fc.tuple(fc.constant(table.json), table.near, spoiling),
    );
    let accepted = 0;
    fc.assert(
      fc.property(cases, ([validator, value, spoilt]) => {
        const fields = convexToJson(value) as JsonObject;
        const isObject =
          typeof fields === "object" &&
          !Array.isArray(fields) &&
          fields !== null;
        if (!isObject) return;
        const document = { ...fields, ...spoilt, ...SYSTEM };
        if (expectSame(document, validator)) accepted += 1;
      }),
      { numRuns: 4000, seed: 1 },
    );
    expect(accepted).toBeGreaterThan(500);
  });

  it("lets in what keeps every limit where there is no validator", () => {
    let accepted = 0;
    fc.assert(
      fc.property(anyJson, spoiling, (value, spoilt) => {
        if (expectSame({ value, ...spoilt, ...SYSTEM }, ANY)) accepted += 1;
      }),
      { numRuns: 3000, seed: 1 },
    );
    expect(accepted).toBeGreaterThan(800);
  });

  it("leaves to the others what lacks system fields, and validators that no table has", () => {
    const lenient: ValidatorJson = { type: "object", value: {} };
    expect(compileDocument(lenient)({}, tableNameOf)).toBe(ODD);
    const strange: ValidatorJson[] = [
      { type: "string" },
      { type: "object", value: { _a: { fieldType: ANY, optional: true } } },
      { type: "object", value: { "": { fieldType: ANY, optional: true } } },
    ];
    for (const validator of strange)
      expect(compileDocument(validator)({ ...SYSTEM }, tableNameOf)).toBe(ODD);
  });
});
