/** Whether encoded values match validators. Runs for every write and every call, so it makes nothing on its way. */
import type { JSONValue } from "convex/values";
import { decodeId } from "./document-id";
import { asObject, typeOf } from "./encoded-value";
import { compareEncoded } from "./index-key";
import type { FieldValidatorJson, ValidatorJson } from "./validator-json";

/** The table with a number in the component whose values are checked. Names of system tables start with `_`. */
export type TableNameOf = (tableNumber: number) => string | null;

export function matches(
  value: JSONValue,
  validator: ValidatorJson,
  tableNameOf: TableNameOf,
): boolean {
  switch (validator.type) {
    case "any":
      return true;
    case "null":
      return value === null;
    case "boolean":
    case "string":
      return typeof value === validator.type;
    case "number":
      return typeof value === "number" || typeOf(value) === "float64";
    case "bytes":
      return typeOf(value) === "bytes";
    case "bigint":
      return typeOf(value) === "int64";
    case "commitTs":
      return typeOf(value) === "int64" || typeOf(value) === "commitTs";
    case "literal":
      return isLiteral(value, validator.value);
    case "id":
      return isId(value, validator.tableName, tableNameOf);
    default:
      return holds(value, validator, tableNameOf);
  }
}

function holds(
  value: JSONValue,
  validator: ValidatorJson & { type: "array" | "record" | "union" | "object" },
  tableNameOf: TableNameOf,
): boolean {
  switch (validator.type) {
    case "array":
      return Array.isArray(value) && isArrayOf(value, validator, tableNameOf);
    case "union":
      for (const member of validator.value)
        if (matches(value, member, tableNameOf)) return true;
      return false;
    case "record":
      return isRecord(value, validator, tableNameOf);
    case "object":
      return isObject(value, validator.value, tableNameOf);
    default:
      return validator satisfies never;
  }
}

function isLiteral(value: JSONValue, literal: JSONValue): boolean {
  if (typeof value === "string" && typeof literal === "string")
    return value === literal;
  return compareEncoded(value, literal) === 0;
}

function isId(
  value: JSONValue,
  tableName: string,
  tableNameOf: TableNameOf,
): boolean {
  const decoded = typeof value === "string" ? decodeId(value) : null;
  return decoded !== null && tableNameOf(decoded.tableNumber) === tableName;
}

function isArrayOf(
  values: readonly JSONValue[],
  validator: ValidatorJson & { type: "array" },
  tableNameOf: TableNameOf,
): boolean {
  for (const item of values)
    if (!matches(item, validator.value, tableNameOf)) return false;
  return true;
}

function isRecord(
  value: JSONValue,
  validator: ValidatorJson & { type: "record" },
  tableNameOf: TableNameOf,
): boolean {
  const object = asObject(value);
  if (object === null) return false;
  for (const key in object) {
    const item = object[key] ?? null;
    const fits =
      matches(key, validator.keys, tableNameOf) &&
      matches(item, validator.values.fieldType, tableNameOf);
    if (!fits) return false;
  }
  return true;
}

function isObject(
  value: JSONValue,
  fields: { [name: string]: FieldValidatorJson },
  tableNameOf: TableNameOf,
): boolean {
  const object = asObject(value);
  if (object === null) return false;
  let expected = 0;
  for (const name in fields) {
    const field = fields[name];
    const item = Object.hasOwn(object, name) ? object[name] : undefined;
    if (item !== undefined) expected += 1;
    if (field === undefined) return false;
    const fits =
      item === undefined
        ? field.optional
        : matches(item, field.fieldType, tableNameOf);
    if (!fits) return false;
  }
  return countFields(object) === expected;
}

function countFields(object: { [field: string]: JSONValue }): number {
  let count = 0;
  for (const _ in object) count += 1;
  return count;
}
