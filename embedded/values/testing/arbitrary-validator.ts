/** Arbitrary validators, each with a model that decides with plain JavaScript values, and with values that (nearly) match. */
import { compareValues, convexToJson, type Value } from "convex/values";
import fc from "fast-check";
import { encodeId } from "../document-id";
import type { ValidatorJson } from "../validator-json";
import { convexValue } from "./arbitrary-value";

const TABLES = new Map([
  [10_001, "a"],
  [10_002, "b"],
  [514, "_storage"],
]);
export const tableNameOf = (number: number) => TABLES.get(number) ?? null;
const idOf = (number: number) => encodeId(number, new Uint8Array(16));

export type ValidatorModel = {
  json: ValidatorJson;
  matches: (value: Value) => boolean;
  /** Values that match, or nearly. */
  near: fc.Arbitrary<Value>;
};

const simple = (
  type: "null" | "number" | "bigint" | "boolean" | "string" | "bytes" | "any",
  matches: (value: Value) => boolean,
  near: fc.Arbitrary<Value>,
): ValidatorModel => ({ json: { type }, matches, near });

const leaf: fc.Arbitrary<ValidatorModel> = fc.oneof(
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

function idModel(tableName: string, number: number): ValidatorModel {
  return {
    json: { type: "id", tableName },
    matches: (value) => value === idOf(number),
    near: fc.constantFrom(idOf(10_001), idOf(10_002), idOf(514), idOf(600), ""),
  };
}

function literalModel(literal: Value): ValidatorModel {
  return {
    json: { type: "literal", value: convexToJson(literal) },
    matches: (value) => compareValues(value, literal) === 0,
    near: fc.constantFrom<Value>(literal, "x", 0, -0, 1n, 1, true, null),
  };
}

function arrayModel(item: ValidatorModel): ValidatorModel {
  return {
    json: { type: "array", value: item.json },
    matches: (value) => Array.isArray(value) && value.every(item.matches),
    near: fc.array(item.near, { maxLength: 3 }),
  };
}

export function unionModel(members: ValidatorModel[]): ValidatorModel {
  return {
    json: { type: "union", value: members.map(({ json }) => json) },
    matches: (value) => members.some(({ matches }) => matches(value)),
    near: fc.oneof(...members.map(({ near }) => near), fc.constant(null)),
  };
}

function recordModel(values: ValidatorModel): ValidatorModel {
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

type Field = { name: string; optional: boolean; model: ValidatorModel };

export function objectModel(fields: Field[]): ValidatorModel {
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

export const validatorModel: fc.Arbitrary<ValidatorModel> = fc.letrec<{
  model: ValidatorModel;
}>((tie) => ({
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
