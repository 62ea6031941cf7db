import { jsonToConvex, type JSONValue, type Value } from "convex/values";

/** The `json` format: int64 as a decimal string, bytes as base64, everything else as itself. */
export function cleanJson(encoded: JSONValue): JSONValue {
  return clean(jsonToConvex(encoded));
}

function clean(value: Value): JSONValue {
  if (typeof value === "bigint") return value.toString();
  if (value instanceof ArrayBuffer)
    return Buffer.from(value).toString("base64");
  if (Array.isArray(value)) return value.map(clean);
  if (typeof value !== "object" || value === null) return value;
  return cleanObject(value as { [key: string]: Value });
}

function cleanObject(value: { [key: string]: Value }): JSONValue {
  const fields = Object.entries(value).map(([key, inner]) => [
    key,
    clean(inner),
  ]);
  return Object.fromEntries(fields) as JSONValue;
}
