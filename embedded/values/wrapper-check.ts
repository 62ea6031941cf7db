/** Whether what stands inside `{"$integer": …}` and its like is well formed. Values from outside need not be. */
import type { JSONValue } from "convex/values";
import type { JsonObject, ValueType } from "./encoded-value";

const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;

/** `value` has one field; null when it is what it says. */
export function wrapperError(
  value: JsonObject,
  type: ValueType,
): string | null {
  const payload = Object.values(value)[0];
  switch (type) {
    case "int64":
      return bytesOf(payload)?.length === 8
        ? null
        : "Int64 must be exactly eight bytes";
    case "float64":
      return floatError(bytesOf(payload));
    case "bytes":
      return bytesOf(payload) === null ? "Malformed $bytes field" : null;
    case "commitTs":
      return payload === null ? null : "Malformed $commitTs field";
    default:
      return null;
  }
}

function floatError(bytes: Buffer | null): string | null {
  if (bytes?.length !== 8) return "Float64 must be exactly eight bytes";
  const number = bytes.readDoubleLE();
  if (!Number.isFinite(number) || Object.is(number, -0)) return null;
  return `Float64 ${number} should be encoded as a number`;
}

function bytesOf(payload: JSONValue | undefined): Buffer | null {
  if (typeof payload !== "string" || payload.length % 4 !== 0) return null;
  return BASE64.test(payload) ? Buffer.from(payload, "base64") : null;
}
