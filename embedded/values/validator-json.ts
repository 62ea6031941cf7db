/** Validators as `convex` serialises them (protocol section 4.1). */
import type { JSONValue } from "convex/values";
import { sortedEntries } from "./encoded-value";

export type FieldValidatorJson = {
  fieldType: ValidatorJson;
  optional: boolean;
};
export type ValidatorJson =
  | {
      type:
        | "null"
        | "number"
        | "bigint"
        | "commitTs"
        | "boolean"
        | "string"
        | "bytes"
        | "any";
    }
  | { type: "literal"; value: JSONValue }
  | { type: "id"; tableName: string }
  | { type: "array"; value: ValidatorJson }
  | { type: "record"; keys: ValidatorJson; values: FieldValidatorJson }
  | { type: "union"; value: ValidatorJson[] }
  | { type: "object"; value: { [field: string]: FieldValidatorJson } };

const SIMPLE = new Set([
  "null",
  "number",
  "bigint",
  "commitTs",
  "boolean",
  "string",
  "bytes",
  "any",
]);

/** Parses what a module exported; throws on anything that is not a validator. */
export function parseValidator(json: JSONValue | undefined): ValidatorJson {
  const type = isObject(json) ? json.type : undefined;
  if (!isObject(json) || typeof type !== "string")
    throw new Error("Invalid validator: expected an object with a type");
  if (SIMPLE.has(type)) return json as ValidatorJson;
  switch (type) {
    case "literal":
      return { type, value: json.value ?? null };
    case "id":
      return { type, tableName: String(json.tableName) };
    case "array":
      return { type, value: parseValidator(json.value) };
    case "record":
      return {
        type,
        keys: parseValidator(json.keys),
        values: parseField(json.values),
      };
    case "union":
      return {
        type,
        value: (Array.isArray(json.value) ? json.value : []).map(
          parseValidator,
        ),
      };
    case "object":
      return { type, value: parseFields(json.value) };
    default:
      throw new Error(`Invalid validator: unknown type ${type}`);
  }
}

function parseFields(json: JSONValue | undefined): {
  [field: string]: FieldValidatorJson;
} {
  const fields = isObject(json) ? sortedEntries(json) : [];
  return Object.fromEntries(
    fields.map(([name, field]) => [name, parseField(field)]),
  );
}

function parseField(json: JSONValue | undefined): FieldValidatorJson {
  if (!isObject(json)) throw new Error("Invalid validator: expected a field");
  return {
    fieldType: parseValidator(json.fieldType),
    optional: json.optional === true,
  };
}

function isObject(
  json: JSONValue | undefined,
): json is { [field: string]: JSONValue } {
  return typeof json === "object" && json !== null && !Array.isArray(json);
}
