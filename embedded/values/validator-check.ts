/** Checks encoded values against validators, with Convex's error texts. */
import type { JSONValue } from "convex/values";
import { decodeId } from "./document-id";
import { asObject, sortedEntries, type JsonObject } from "./encoded-value";
import { matches, type TableNameOf } from "./validator-match";
import type { FieldValidatorJson, ValidatorJson } from "./validator-json";
import { formatValidator, formatValue } from "./value-text";

/** Null when `value` matches, else the text that follows `ArgumentValidationError: ` and its like. */
export function checkValue(
  value: JSONValue,
  validator: ValidatorJson,
  tableNameOf: TableNameOf,
): string | null {
  return check(value, validator, { tableNameOf, path: "" });
}

type Context = { tableNameOf: TableNameOf; path: string };

/** What does not match is looked for only where something does not. */
function check(
  value: JSONValue,
  validator: ValidatorJson,
  context: Context,
): string | null {
  if (matches(value, validator, context.tableNameOf)) return null;
  switch (validator.type) {
    case "literal":
      return literalMismatch(value, validator, context);
    case "id":
      return idMismatch(value, validator, context);
    case "array":
      return checkArray(value, validator, context);
    case "record":
      return checkRecord(value, validator, context);
    case "object":
      return checkObject(value, validator, context);
    default:
      return mismatch(value, validator, context);
  }
}

function idMismatch(
  value: JSONValue,
  validator: ValidatorJson & { type: "id" },
  context: Context,
): string {
  const decoded = typeof value === "string" ? decodeId(value) : null;
  if (decoded === null) return mismatch(value, validator, context);
  const table = context.tableNameOf(decoded.tableNumber);
  if (table === null) return mismatch(value, validator, context);
  const source = table.startsWith("_")
    ? "a system table"
    : `table \`${table}\``;
  const expected = `which does not match the table name in validator \`${formatValidator(validator)}\`.`;
  return `Found ID "${String(value)}" from ${source}, ${expected}${suffix(context)}`;
}

function checkArray(
  value: JSONValue,
  validator: ValidatorJson & { type: "array" },
  context: Context,
): string | null {
  if (!Array.isArray(value)) return mismatch(value, validator, context);
  for (const [index, item] of value.entries()) {
    const error = check(item, validator.value, {
      ...context,
      path: `${context.path}[${index}]`,
    });
    if (error !== null) return error;
  }
  return null;
}

function checkRecord(
  value: JSONValue,
  validator: ValidatorJson & { type: "record" },
  context: Context,
): string | null {
  const object = asObject(value);
  if (object === null) return mismatch(value, validator, context);
  for (const [key, item] of sortedEntries(object)) {
    const error =
      check(key, validator.keys, {
        ...context,
        path: `${context.path}.keys()`,
      }) ??
      check(item, validator.values.fieldType, {
        ...context,
        path: `${context.path}.values()`,
      });
    if (error !== null) return error;
  }
  return null;
}

function checkObject(
  value: JSONValue,
  validator: ValidatorJson & { type: "object" },
  context: Context,
): string | null {
  const object = asObject(value);
  if (object === null) return mismatch(value, validator, context);
  for (const [name, field] of Object.entries(validator.value)) {
    const error = checkField(object, name, { field, validator, context });
    if (error !== null) return error;
  }
  const [extra] = Object.keys(object)
    .filter((name) => !Object.hasOwn(validator.value, name))
    .sort();
  return extra === undefined
    ? null
    : extraField(object, extra, { validator, context });
}

function checkField(
  object: JsonObject,
  name: string,
  at: { field: FieldValidatorJson; validator: ValidatorJson; context: Context },
): string | null {
  const value = Object.hasOwn(object, name) ? object[name] : undefined;
  if (value !== undefined) {
    return check(value, at.field.fieldType, {
      ...at.context,
      path: `${at.context.path}.${name}`,
    });
  }
  if (at.field.optional) return null;
  const advice =
    "Consider wrapping the field validator in `v.optional(...)` if this is expected.";
  return `Object is missing the required field \`${name}\`. ${advice}${objectSuffix(object, at)}`;
}

function extraField(
  object: JsonObject,
  name: string,
  at: { validator: ValidatorJson; context: Context },
): string {
  return `Object contains extra field \`${name}\` that is not in the validator.${objectSuffix(object, at)}`;
}

function objectSuffix(
  object: JsonObject,
  at: { validator: ValidatorJson; context: Context },
): string {
  return `\n${where(at.context)}\nObject: ${formatValue(object)}\nValidator: ${formatValidator(at.validator)}`;
}

function mismatch(
  value: JSONValue,
  validator: ValidatorJson,
  context: Context,
): string {
  const found = `Value: ${formatValue(value)}\nValidator: ${formatValidator(validator)}`;
  return `Value does not match validator.\n${where(context)}\n${found}`;
}

function literalMismatch(
  value: JSONValue,
  validator: ValidatorJson,
  context: Context,
): string {
  return `\`${formatValue(value)}\` does not match literal validator \`${formatValidator(validator)}\`.${suffix(context)}`;
}

function where(context: Context): string {
  return context.path === "" ? "" : `Path: ${context.path}`;
}

function suffix(context: Context): string {
  return context.path === "" ? "" : `\n${where(context)}`;
}
