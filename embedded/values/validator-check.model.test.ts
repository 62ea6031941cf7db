/** Arbitrary validators and values against a model that decides with plain JavaScript values. */
import { compareValues, convexToJson, v, type Value } from "convex/values";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { encodeId } from "./document-id";
import { convexValue } from "./testing/arbitrary-value";
import { checkValue } from "./validator-check";
import { parseValidator, type ValidatorJson } from "./validator-json";
import { formatValidator } from "./value-text";

const TABLES = new Map([
  [10_001, "a"],
  [10_002, "b"],
  [514, "_storage"],
]);
const tableNameOf = (number: number) => TABLES.get(number) ?? null;
const idOf = (number: number) => encodeId(number, new Uint8Array(16));

type Model = {
  json: ValidatorJson;
  matches: (value: Value) => boolean;
  /** Values that match, or nearly. */
  near: fc.Arbitrary<Value>;
};

const simple = (
  type: "null" | "number" | "bigint" | "boolean" | "string" | "bytes" | "any",
  matches: (value: Value) => boolean,
  near: fc.Arbitrary<Value>,
): Model => ({ json: { type }, matches, near });

const leaf: fc.Arbitrary<Model> = fc.oneof(
  fc.constantFrom(
    simple("null", (value) => value === null, fc.constant(null)),
    simple("number", (value) => typeof value === "number", fc.double()),
    simple("bigint", (value) => typeof value === "bigint", fc.constant(1n)),
    simple("boolean", (value) => typeof value === "boolean", fc.boolean()),
    simple("string", (value) => typeof value === "string", fc.string()),
    simple(
      "bytes",
      (value) => value instanceof ArrayBuffer,
      fc.constant(new ArrayBuffer(2)),
    ),
    simple("any", () => true, convexValue),
    idModel("a", 10_001),
    idModel("b", 10_002),
  ),
  fc.constantFrom<Value>("x", 0, -0, 1n, true).map(literalModel),
);

function idModel(tableName: string, number: number): Model {
  return {
    json: { type: "id", tableName },
    matches: (value) => value === idOf(number),
    near: fc.constantFrom(idOf(10_001), idOf(10_002), idOf(514), idOf(600), ""),
  };
}

function literalModel(literal: Value): Model {
  return {
    json: { type: "literal", value: convexToJson(literal) },
    matches: (value) => compareValues(value, literal) === 0,
    near: fc.constantFrom<Value>(literal, "x", 0, -0, 1n, 1, true, null),
  };
}

function arrayModel(item: Model): Model {
  return {
    json: { type: "array", value: item.json },
    matches: (value) => Array.isArray(value) && value.every(item.matches),
    near: fc.array(item.near, { maxLength: 3 }),
  };
}

function unionModel(members: Model[]): Model {
  return {
    json: { type: "union", value: members.map(({ json }) => json) },
    matches: (value) => members.some(({ matches }) => matches(value)),
    near: fc.oneof(...members.map(({ near }) => near), fc.constant(null)),
  };
}

function recordModel(values: Model): Model {
  const json: ValidatorJson = {
    type: "record",
    keys: { type: "string" },
    values: { fieldType: values.json, optional: false },
  };
  return {
    json,
    matches: (value) =>
      isObject(value) && Object.values(value).every(values.matches),
    near: fc.dictionary(fc.constantFrom("a", "b"), values.near, {
      noNullPrototype: true,
    }),
  };
}

type Field = { name: string; optional: boolean; model: Model };

function objectModel(fields: Field[]): Model {
  const byName = new Map(fields.map((field) => [field.name, field]));
  const json: ValidatorJson = {
    type: "object",
    value: Object.fromEntries(
      [...byName].map(([name, { model, optional }]) => [
        name,
        { fieldType: model.json, optional },
      ]),
    ),
  };
  const known = Object.fromEntries(
    [...byName].map(([name, { model }]) => [name, model.near]),
  );
  return {
    json,
    matches: (value) =>
      isObject(value) &&
      Object.keys(value).every((name) => byName.has(name)) &&
      [...byName].every(([name, { model, optional }]) =>
        Object.hasOwn(value, name)
          ? model.matches(value[name] ?? null)
          : optional,
      ),
    near: fc.oneof(
      fc.record(known, { noNullPrototype: true }),
      fc.record(known, { noNullPrototype: true, requiredKeys: [] }),
      fc.record({ ...known, z: fc.constant(1) }, { noNullPrototype: true }),
    ),
  };
}

function isObject(value: Value): value is { [field: string]: Value } {
  return (
    typeof value === "object" &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof ArrayBuffer)
  );
}

const model: fc.Arbitrary<Model> = fc.letrec<{ model: Model }>((tie) => ({
  model: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    leaf,
    tie("model").map(arrayModel),
    tie("model").map(recordModel),
    fc.array(tie("model"), { maxLength: 3 }).map(unionModel),
    fc
      .array(
        fc.record({
          name: fc.constantFrom("a", "b", "c"),
          optional: fc.boolean(),
          model: tie("model"),
        }),
        { maxLength: 3 },
      )
      .map(objectModel),
  ),
})).model;

const TEXTS = [
  /^Value does not match validator\.\n(Path: .+)?\nValue: [^]*\nValidator: v\./,
  /^Object is missing the required field `.+`\. Consider wrapping the field validator in `v\.optional\(\.\.\.\)` if this is expected\.\n(Path: .+)?\nObject: \{[^]*\}\nValidator: v\.object\(\{/,
  /^Object contains extra field `.+` that is not in the validator\.\n(Path: .+)?\nObject: \{[^]*\}\nValidator: v\.object\(\{/,
  /^`[^]*` does not match literal validator `v\.literal\(.+\)`\.(\nPath: .+)?$/,
  /^Found ID "[0-9a-z]+" from (table `[ab]`|a system table), which does not match the table name in validator `v\.id\("[ab]"\)`\.(\nPath: .+)?$/,
];

describe("checkValue", () => {
  it("accepts exactly what matches, and says why not in Convex's words", () => {
    const valued = model.chain((validator) =>
      fc.tuple(
        fc.constant(validator),
        fc.oneof(validator.near, validator.near, convexValue),
      ),
    );
    let accepted = 0;
    fc.assert(
      fc.property(valued, ([{ json, matches }, value]) => {
        const error = checkValue(convexToJson(value), json, tableNameOf);
        expect(error === null).toBe(matches(value));
        if (error === null) accepted += 1;
        else expect(TEXTS.some((text) => text.test(error))).toBe(true);
      }),
      { numRuns: 3000, seed: 1 },
    );
    expect(accepted).toBeGreaterThan(500);
  });

  it("reads validators as convex writes them", () => {
    const written = v.object({
      a: v.optional(v.union(v.id("a"), v.literal(1n), v.null())),
      "b-c": v.record(v.string(), v.array(v.bytes())),
      d: v.any(),
    });
    const json = parseValidator(
      (written as unknown as { json: ValidatorJson }).json,
    );
    expect(formatValidator(json)).toBe(
      'v.object({a: v.optional(v.union(v.id("a"), v.literal(1), v.null())), "b-c": v.record(v.string(), v.array(v.bytes())), d: v.any()})',
    );
  });

  it("parses any validator to itself", () => {
    fc.assert(
      fc.property(model, ({ json }) => {
        expect(parseValidator(json)).toEqual(json);
      }),
      { numRuns: 500, seed: 1 },
    );
  });
});
