/**
 * Limits, validator and size of a value in one walk, for the many that are as they should be. Says `ODD` of any that may
 * break a rule, without saying which: `documentLimitError` and `checkValue` have the words, and the order, of errors.
 */
import type { JSONValue } from "convex/values";
import { typeOf } from "./encoded-value";
import { hasLoneSurrogate } from "./lone-surrogates";
import {
  MAX_ARRAY_LENGTH,
  MAX_DOCUMENT_NESTING,
  MAX_FIELD_NAME,
  MAX_FIELDS,
  sizeOf,
  valueLimitError,
} from "./value-limits";

export const ODD = -1;
/** Up to here a loop is quicker than calls into the engine. */
const SHORT_TEXT = 40;
const DOLLAR = 0x24;

/** Of a document that no validator restricts, with its system fields. */
export function checkedDocumentSize(document: {
  [field: string]: JSONValue;
}): number {
  for (const name in document)
    if (name.startsWith("_") && name !== "_id" && name !== "_creationTime")
      return ODD;
  return checkedSize(document, MAX_DOCUMENT_NESTING);
}

/** `room` is how many levels may nest here. */
export function checkedSize(
  value: JSONValue | undefined,
  room: number,
): number {
  if (typeof value === "string") return sizeOfText(value);
  if (typeof value === "number") return Number.isFinite(value) ? 9 : ODD;
  if (value === null || typeof value === "boolean") return 1;
  if (value === undefined) return ODD;
  if (Array.isArray(value)) return sizeOfArray(value, room, checkedSize);
  return sizeOfObject(value, room);
}

export function sizeOfText(text: string): number {
  if (text.length <= SHORT_TEXT && isAscii(text)) return text.length + 2;
  const bytes = Buffer.byteLength(text);
  const mayBeBroken = bytes !== text.length;
  return mayBeBroken && hasLoneSurrogate(text) ? ODD : bytes + 2;
}

export function sizeOfArray(
  items: readonly JSONValue[],
  room: number,
  sizeOfItem: (item: JSONValue, room: number) => number,
): number {
  if (room === 0 || items.length > MAX_ARRAY_LENGTH) return ODD;
  let sum = 2;
  for (const item of items) {
    const size = sizeOfItem(item, room - 1);
    if (size === ODD) return ODD;
    sum += size;
  }
  return sum;
}

/** With the byte that follows it. */
export function sizeOfName(name: string): number {
  const { length } = name;
  if (length === 0 || length > MAX_FIELD_NAME) return ODD;
  if (name.charCodeAt(0) === DOLLAR) return ODD;
  for (let at = 0; at < length; at++) {
    const code = name.charCodeAt(at);
    if (code < 0x20 || code > 0x7e) return ODD;
  }
  return length + 1;
}

function sizeOfObject(
  value: { [field: string]: JSONValue },
  room: number,
): number {
  if (room === 0) return sizeOfWrapped(value);
  let sum = 2;
  let fields = 0;
  for (const name in value) {
    const ofName = sizeOfName(name);
    if (ofName === ODD) return sizeOfWrapped(value);
    const size = checkedSize(value[name], room - 1);
    if (size === ODD) return ODD;
    sum += ofName + size;
    fields += 1;
  }
  return fields > MAX_FIELDS ? ODD : sum;
}

/** Int64, special floats, bytes and placeholders are no levels of their own. */
function sizeOfWrapped(value: { [field: string]: JSONValue }): number {
  const isWrapped = typeOf(value) !== "object";
  return isWrapped && valueLimitError(value) === null ? sizeOf(value) : ODD;
}

function isAscii(text: string): boolean {
  for (let at = 0; at < text.length; at++)
    if (text.charCodeAt(at) >= 0x80) return false;
  return true;
}
