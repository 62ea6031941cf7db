/** `ctx.db.vars.commitTs`: a placeholder in values that becomes the int64 commit timestamp when the mutation commits. */
import type { JSONValue } from "convex/values";
import { typeOf } from "./encoded-value";

/** The wrapper of placeholders: JSON text without it has none. */
export const COMMIT_TS = "$commitTs";

export function encodeInt64(value: bigint): JSONValue {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64LE(value);
  return { $integer: bytes.toString("base64") };
}

export function hasCommitTs(value: JSONValue): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (Array.isArray(value)) return value.some(hasCommitTs);
  if (typeOf(value) === "commitTs") return true;
  for (const name in value) if (hasCommitTs(value[name] ?? null)) return true;
  return false;
}

/** `value` with every placeholder replaced; shares what has none. */
export function resolveCommitTs(value: JSONValue, ts: bigint): JSONValue {
  if (!hasCommitTs(value) || typeof value !== "object" || value === null)
    return value;
  if (Array.isArray(value))
    return value.map((item) => resolveCommitTs(item, ts));
  if (typeOf(value) === "commitTs") return encodeInt64(ts);
  return Object.fromEntries(
    Object.entries(value).map(([field, item]) => [
      field,
      resolveCommitTs(item, ts),
    ]),
  );
}
