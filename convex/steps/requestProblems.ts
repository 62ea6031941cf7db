/** What is wrong with a request that could be sent all the same, and would do something else than was meant. */
import { clip } from "./clip";
import type { Json } from "../language/evaluation";

const FIELDS = ["url", "method", "headers", "query", "json", "body"];

type Fields = { [field: string]: Json };

/** A field that is misspelled, or of another kind, would be left out in silence: a `methud` would be a GET. */
export function fieldProblem(request: Fields): string | null {
  const unknown = Object.keys(request).find((key) => !FIELDS.includes(key));
  if (unknown !== undefined)
    return `A request has no "${unknown}"; it has ${FIELDS.join(", ")}.`;
  const { method, headers, query } = request;
  if (method !== undefined && typeof method !== "string")
    return 'method must be text, such as "POST".';
  if (!isFields(headers))
    return 'headers must be an object, such as { accept: "text/csv" }.';
  if (!isFields(query)) return "query must be an object, such as { page: 2 }.";
  return null;
}

/** Left out, or null, is none. */
function isFields(value: Json | undefined): boolean {
  if (value === undefined || value === null) return true;
  return typeof value === "object" && !Array.isArray(value);
}

const WRONG_VALUE =
  /(?:^|[/=])(undefined|NaN|\[object Object\]|%5Bobject%20Object%5D)(?=$|[/?&#])/;

/** `${input.nope}` in a template: whoever is asked would not know what is meant. */
export function urlProblem(url: string): string | null {
  const found = WRONG_VALUE.exec(url)?.[1];
  if (found === undefined) return null;
  const what = found === "undefined" || found === "NaN" ? found : "an object";
  return `A part of the url is ${what}: "${clip(url, 200)}". Check the names in its template.`;
}
