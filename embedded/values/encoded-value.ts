/** What an encoded JSON value is, without decoding it. The one place that knows the `{"$integer": …}` wrappers. */
import type { JSONValue } from "convex/values";

export type JsonObject = { [field: string]: JSONValue };
export type ValueType =
  | "undefined"
  | "null"
  | "int64"
  | "float64"
  | "boolean"
  | "string"
  | "bytes"
  | "array"
  | "object"
  | "commitTs";

/** Encoded `undefined`, as in patches, filters and index ranges. */
export function isUndefined(value: JSONValue | undefined): boolean {
  return value === undefined || wrapperOf(value) === "$undefined";
}

export function typeOf(value: JSONValue | undefined): ValueType {
  if (value === undefined) return "undefined";
  if (value === null) return "null";
  if (typeof value === "string") return "string";
  if (typeof value === "number") return "float64";
  if (typeof value === "boolean") return "boolean";
  if (Array.isArray(value)) return "array";
  return WRAPPED_TYPES[wrapperOf(value) ?? ""] ?? "object";
}

/** The object itself when it is a Convex object (not an encoded int64, float, …), else null. */
export function asObject(value: JSONValue | undefined): JsonObject | null {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    return null;
  return wrapperOf(value) === null ? value : null;
}

/** The text inside a wrapper such as `{"$integer": "…"}`. */
export function payloadOf(value: JSONValue, wrapper: string): string {
  const payload = (value as JsonObject)[wrapper];
  if (typeof payload !== "string")
    throw new Error(`Malformed ${wrapper} field`);
  return payload;
}

/** Objects have no order of their own: fields are shown, and checked, by name. */
export function sortedEntries<T>(object: { [name: string]: T }): [string, T][] {
  return Object.entries(object).sort(([left], [right]) =>
    left < right ? -1 : 1,
  );
}

/** The value of a dotted field path; undefined when any part is missing. */
export function fieldAt(
  document: JsonObject,
  path: readonly string[],
): JSONValue | undefined {
  let value: JSONValue | undefined = document;
  for (const name of path) {
    const object = asObject(value);
    if (object === null || !Object.hasOwn(object, name)) return undefined;
    value = object[name];
  }
  return value;
}

const WRAPPED_TYPES: { [wrapper: string]: ValueType } = {
  $undefined: "undefined",
  $integer: "int64",
  $float: "float64",
  $bytes: "bytes",
  $commitTs: "commitTs",
};

function wrapperOf(value: JSONValue): string | null {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    return null;
  for (const key in value) {
    return key.charCodeAt(0) === 36 && key in WRAPPED_TYPES ? key : null;
  }
  return null;
}
