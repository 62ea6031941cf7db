/** Whether the data of an event has what a wait asks for, and how an index finds the waits that may. Pure. */
import type { Json } from "../language/evaluation";

/** Every field that `wanted` has, at any depth; lists must be of the same length. Null wants nothing. */
export function hasPart(data: Json, wanted: Json): boolean {
  if (Array.isArray(wanted)) {
    return (
      Array.isArray(data) &&
      data.length === wanted.length &&
      wanted.every((item, index) => hasPart(data[index] ?? null, item))
    );
  }
  if (!isRecord(wanted)) return data === wanted;
  if (!isRecord(data)) return false;
  return Object.entries(wanted).every(([key, value]) => {
    const found = fieldOf(data, key);
    return found !== undefined && hasPart(found, value);
  });
}

export type MatchIndex = { matchField: string; matchValue: string };

const NO_FIELD: MatchIndex = { matchField: "", matchValue: "" };
const MAX_INDEXED = 200;

/** One plain field of what is wanted: its first by name. What has it may match, what lacks it cannot. */
export function matchIndexOf(wanted: Json): MatchIndex {
  if (!isRecord(wanted)) return NO_FIELD;
  for (const field of Object.keys(wanted).toSorted()) {
    const matchValue = indexedValue(wanted, field);
    if (field !== "" && field.length <= MAX_INDEXED && matchValue !== null)
      return { matchField: field, matchValue };
  }
  return NO_FIELD;
}

/** What `matchIndexOf` would call the value of this field in the data of an event; null when no wait can want it. */
export function indexedValue(data: Json, field: string): string | null {
  if (field === "") return "";
  if (!isRecord(data)) return null;
  const value = fieldOf(data, field);
  if (value === undefined || (typeof value === "object" && value !== null))
    return null;
  return JSON.stringify(value).slice(0, MAX_INDEXED);
}

function fieldOf(data: { [key: string]: Json }, key: string): Json | undefined {
  return Object.hasOwn(data, key) ? data[key] : undefined;
}

function isRecord(value: Json): value is { [key: string]: Json } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
