import { convexToJson, jsonToConvex, type JSONValue } from "convex/values";
import { BackendError } from "../../database/backend-error";
import type { DocumentJson } from "../../database/types";

/** The document of one line. Numbers that JSON cannot hold get the form in which they are stored. */
export function parseDocument(text: string): DocumentJson {
  const json = parseJson(text);
  if (typeof json !== "object" || json === null || Array.isArray(json))
    throw new BackendError(
      "NotAnObject",
      `A row is not an object: ${shown(text)}`,
    );
  checkValues(json, text);
  return hasSpecialNumber(json)
    ? (convexToJson(jsonToConvex(json)) as DocumentJson)
    : json;
}

function parseJson(text: string): JSONValue {
  try {
    return JSON.parse(text) as JSONValue;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new BackendError(
      "JsonInvalidRow",
      `A row is not valid JSON (${reason}): ${shown(text)}`,
    );
  }
}

function checkValues(json: JSONValue, text: string): void {
  try {
    jsonToConvex(json);
    if (!/"\$commitTs"\s*:/.test(text)) return;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw invalidValue(`${reason} in ${shown(text)}`);
  }
  throw invalidValue(`Placeholders cannot be imported: ${shown(text)}`);
}

function invalidValue(message: string): BackendError {
  return new BackendError("InvalidConvexValue", message);
}

function hasSpecialNumber(json: JSONValue): boolean {
  if (typeof json === "number")
    return Object.is(json, -0) || !Number.isFinite(json);
  if (typeof json !== "object" || json === null) return false;
  return Object.values(json).some(
    (value) => value !== undefined && hasSpecialNumber(value),
  );
}

function shown(text: string): string {
  const trimmed = text.trim();
  return trimmed.length > 100 ? `${trimmed.slice(0, 100)}…` : trimmed;
}
