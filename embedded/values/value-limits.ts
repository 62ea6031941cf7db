/** Sizes and shape limits of values and documents (protocol section 4.3), on encoded JSON. */
import type { JSONValue } from "convex/values";
import { hasCommitTs } from "./commit-ts";
import { payloadOf, typeOf } from "./encoded-value";
import { hasLoneSurrogate } from "./lone-surrogates";
import { wrapperError } from "./wrapper-check";

export const MAX_DOCUMENT_BYTES = 1 << 20;
export const MAX_DOCUMENT_NESTING = 16;
export const MAX_VALUE_NESTING = 64;
export const MAX_ARRAY_LENGTH = 8192;
export const MAX_FIELDS = 1024;
export const MAX_FIELD_NAME = 1024;
const SYSTEM_FIELDS = new Set(["_id", "_creationTime"]);

/** Bytes as Convex counts them. */
export function sizeOf(value: JSONValue): number {
  if (typeof value === "string") return Buffer.byteLength(value) + 2;
  if (typeof value === "number") return 9;
  if (value === null || typeof value === "boolean") return 1;
  if (Array.isArray(value))
    return value.reduce((sum: number, item) => sum + sizeOf(item), 2);
  const type = typeOf(value);
  if (type === "undefined") return 0;
  if (type === "bytes")
    return Buffer.byteLength(payloadOf(value, "$bytes"), "base64") + 2;
  if (type !== "object") return 9;
  let sum = 2;
  for (const name in value)
    sum += Buffer.byteLength(name) + 1 + sizeOf(value[name] ?? null);
  return sum;
}

/** The error of the first rule that `document` (with its system fields) breaks, or null. */
export function documentLimitError(document: {
  [field: string]: JSONValue;
}): { code: string; message: string } | null {
  for (const name in document) {
    if (name.startsWith("_") && !SYSTEM_FIELDS.has(name))
      return underscoreError(name);
  }
  const shape = valueLimitError(document, MAX_DOCUMENT_NESTING, "Document");
  if (shape !== null) return shape;
  const size = sizeOf(document);
  if (size <= MAX_DOCUMENT_BYTES) return null;
  return {
    code: "ValueTooLargeError",
    message: `Value is too large (${formatBytes(size)} > maximum size 1 MiB)`,
  };
}

/** Nesting, lengths, field names and text encoding of any value. */
export function valueLimitError(
  value: JSONValue,
  maxNesting: number = MAX_VALUE_NESTING,
  what: "Value" | "Document" = "Value",
): { code: string; message: string } | null {
  const depth = nestingOf(value);
  if (depth > maxNesting) {
    const message = `${what} is too nested (nested ${depth} levels deep > maximum nesting ${maxNesting})`;
    const code =
      what === "Document" ? "InvalidDocumentError" : "TooNestedError";
    return { code, message };
  }
  return shapeError(value);
}

/** Why `value` cannot be the arguments of a function, or null. Only mutations may pass on an unresolved commit timestamp. */
export function argumentsError(
  value: JSONValue,
  options: { mayHaveCommitTs: boolean },
): string | null {
  if (!options.mayHaveCommitTs && hasCommitTs(value))
    return fieldNameError("$commitTs");
  return valueLimitError(value)?.message ?? null;
}

export function formatBytes(bytes: number): string {
  if (bytes < 1 << 10) return `${bytes} B`;
  const [divisor, unit] = bytes < 1 << 20 ? [1 << 10, "KiB"] : [1 << 20, "MiB"];
  const amount = bytes / divisor;
  return `${Number.isInteger(amount) ? amount : amount.toFixed(2)} ${unit}`;
}

function shapeError(
  value: JSONValue,
): { code: string; message: string } | null {
  if (typeof value === "string")
    return hasLoneSurrogate(value)
      ? invalid("String is not valid Unicode")
      : null;
  if (typeof value === "number")
    return Number.isFinite(value) ? null : invalid("number out of range");
  if (typeof value !== "object" || value === null) return null;
  if (Array.isArray(value)) return arrayError(value);
  const type = typeOf(value);
  if (type === "object") return objectError(value);
  const [wrapper = "", ...others] = Object.keys(value);
  const error =
    others.length > 0 || type === "undefined"
      ? fieldNameError(wrapper)
      : wrapperError(value, type);
  return error === null ? null : invalid(error);
}

function arrayError(
  values: JSONValue[],
): { code: string; message: string } | null {
  if (values.length > MAX_ARRAY_LENGTH) {
    return invalid(
      `Array length is too long (${values.length} > maximum length ${MAX_ARRAY_LENGTH})`,
    );
  }
  for (const value of values) {
    const error = shapeError(value);
    if (error !== null) return error;
  }
  return null;
}

function objectError(value: {
  [field: string]: JSONValue;
}): { code: string; message: string } | null {
  let fields = 0;
  for (const _ in value) fields += 1;
  if (fields > MAX_FIELDS) {
    return invalid(
      `Object has too many fields (${fields} > maximum number ${MAX_FIELDS})`,
    );
  }
  for (const name in value) {
    const error = fieldNameError(name);
    if (error !== null) return invalid(error);
  }
  for (const name in value) {
    const error = shapeError(value[name] ?? null);
    if (error !== null) return error;
  }
  return null;
}

function fieldNameError(name: string): string | null {
  if (name === "") return "Field name is empty";
  if (name.length > MAX_FIELD_NAME)
    return `Field name ${name} exceeds maximum field name length ${MAX_FIELD_NAME}.`;
  if (name.startsWith("$"))
    return `Field name ${name} starts with a '$', which is reserved.`;
  const wrong = /[^\x20-\x7e]/.exec(name);
  if (wrong === null) return null;
  return `Field name ${name} has invalid character '${wrong[0]}': Field names can only contain non-control ASCII characters`;
}

function nestingOf(value: JSONValue): number {
  if (typeof value !== "object" || value === null) return 0;
  if (!Array.isArray(value) && typeOf(value) !== "object") return 0;
  let deepest = 0;
  if (Array.isArray(value)) {
    for (const item of value) deepest = Math.max(deepest, nestingOf(item));
  } else {
    for (const name in value)
      deepest = Math.max(deepest, nestingOf(value[name] ?? null));
  }
  return deepest + 1;
}

function underscoreError(name: string): { code: string; message: string } {
  const rule =
    "starts with an underscore, which is only allowed for system fields like '_id'";
  return { code: "InvalidDocumentError", message: `Field '${name}' ${rule}` };
}

function invalid(message: string): { code: string; message: string } {
  return { code: "InvalidValue", message };
}
