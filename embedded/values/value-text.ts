/** How values and validators are printed in error messages. */
import type { JSONValue } from "convex/values";
import { payloadOf, sortedEntries, typeOf } from "./encoded-value";
import type { ValidatorJson } from "./validator-json";

const IDENTIFIER = /^[A-Za-z_][A-Za-z0-9_]*$/;

export function formatValue(value: JSONValue | undefined): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "number") return formatFloat(value);
  if (Array.isArray(value)) return `[${value.map(formatValue).join(", ")}]`;
  if (typeof value !== "object" || value === null) return String(value);
  return formatObject(value);
}

export function formatValidator(validator: ValidatorJson): string {
  switch (validator.type) {
    case "number":
      return "v.float64()";
    case "bigint":
      return "v.int64()";
    case "null":
    case "commitTs":
    case "boolean":
    case "string":
    case "bytes":
    case "any":
      return `v.${validator.type}()`;
    case "literal":
      return `v.literal(${formatValue(validator.value)})`;
    case "id":
      return `v.id("${validator.tableName}")`;
    case "array":
      return `v.array(${formatValidator(validator.value)})`;
    case "record":
      return `v.record(${formatValidator(validator.keys)}, ${formatValidator(validator.values.fieldType)})`;
    case "union":
      return `v.union(${validator.value.map(formatValidator).join(", ")})`;
    case "object":
      return `v.object({${sortedEntries(validator.value).map(formatField).join(", ")}})`;
    default:
      return validator satisfies never;
  }
}

function formatField([name, field]: [
  string,
  { fieldType: ValidatorJson; optional: boolean },
]): string {
  const type = formatValidator(field.fieldType);
  return `${formatName(name)}: ${field.optional ? `v.optional(${type})` : type}`;
}

function formatName(name: string): string {
  return IDENTIFIER.test(name) ? name : JSON.stringify(name);
}

/** As Rust prints floats: never without a point or an exponent. */
function formatFloat(value: number): string {
  const size = Math.abs(value);
  if (size >= 1e16 || (size !== 0 && size < 1e-4))
    return value.toExponential().replace("+", "");
  return Number.isInteger(value) ? `${value}.0` : String(value);
}

function formatObject(value: { [field: string]: JSONValue }): string {
  switch (typeOf(value)) {
    case "int64":
      return String(
        Buffer.from(payloadOf(value, "$integer"), "base64").readBigInt64LE(),
      );
    case "float64":
      return formatSpecialFloat(
        Buffer.from(payloadOf(value, "$float"), "base64").readDoubleLE(),
      );
    case "bytes":
      return `b"${payloadOf(value, "$bytes")}"`;
    case "undefined":
      return "undefined";
    case "commitTs":
      return "[unresolved commit timestamp]";
    default:
      return `{${sortedEntries(value)
        .map(([name, item]) => `${formatName(name)}: ${formatValue(item)}`)
        .join(", ")}}`;
  }
}

function formatSpecialFloat(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (Object.is(value, -0)) return "-0.0";
  return value > 0 ? "inf" : "-inf";
}
