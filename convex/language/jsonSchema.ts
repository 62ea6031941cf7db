import { type OutputUnit, Validator } from "@cfworker/json-schema";
import type { Json } from "./evaluation";
import type { JsonSchema } from "./graph";

export type Issue = {
  /** As code writes it: `input.orders[2].total`. */
  path: string;
  /** One sentence that begins with the path. */
  message: string;
};

export type Validation =
  { ok: true; value: Json } | { ok: false; issues: Issue[] };

const MAX_ISSUES = 20;

/** Checks a value against the schema, after filling in defaults. `name` is what paths begin with. */
export function validateJson(
  schema: JsonSchema,
  value: Json,
  name: string,
): Validation {
  const filled = withDefaults(schema, value);
  const result = validatorOf(schema).validate(filled);
  if (result.valid) return { ok: true, value: filled };
  const issues = leaves(result.errors).map((unit) => toIssue(unit, name));
  return { ok: false, issues: distinct(issues).slice(0, MAX_ISSUES) };
}

/** By schema, which does not change: making one goes through the whole schema. */
const validators = new WeakMap<object, Validator>();

function validatorOf(schema: JsonSchema): Validator {
  const known = typeof schema === "object" ? validators.get(schema) : undefined;
  if (known !== undefined) return known;
  // `JsonSchema` is the same thing with keywords unknown.
  const validator = new Validator(schema, "2020-12", false);
  if (typeof schema === "object") validators.set(schema, validator);
  return validator;
}

/** Errors that only say that something below is wrong are left out. */
function leaves(errors: OutputUnit[]): OutputUnit[] {
  const found = errors.filter(
    (unit) =>
      !WRAPPERS.has(unit.keyword) &&
      !(unit.keyword === "anyOf" && hasDeeper(unit, errors)),
  );
  return found.length > 0 ? found : errors;
}

const WRAPPERS = new Set([
  "properties",
  "items",
  "allOf",
  "$ref",
  "prefixItems",
]);

function hasDeeper(unit: OutputUnit, errors: OutputUnit[]): boolean {
  return errors.some((other) =>
    other.instanceLocation.startsWith(`${unit.instanceLocation}/`),
  );
}

function toIssue(unit: OutputUnit, name: string): Issue {
  const path = pathOf(unit.instanceLocation, name);
  const text = unit.error.replace(/\.$/, "");
  return { path, message: `${path}: ${text}.` };
}

/** `#/orders/2/total` as `input.orders[2].total`. */
function pathOf(location: string, name: string): string {
  return location
    .split("/")
    .slice(1)
    .map((part) => part.replace(/~1/g, "/").replace(/~0/g, "~"))
    .reduce((path, part) => path + segment(part), name);
}

function segment(part: string): string {
  if (/^\d+$/.test(part)) return `[${part}]`;
  return /^[\p{L}_$][\p{L}\p{N}_$]*$/u.test(part)
    ? `.${part}`
    : `[${JSON.stringify(part)}]`;
}

function distinct(issues: Issue[]): Issue[] {
  const seen = new Set<string>();
  return issues.filter(({ message }) => {
    if (seen.has(message)) return false;
    seen.add(message);
    return true;
  });
}

/** Properties that are missing and have a default get it, in objects and lists at every depth. */
export function withDefaults(schema: unknown, value: Json): Json {
  if (!isRecord(schema)) return value;
  if (Array.isArray(value)) {
    const { items } = schema;
    return isRecord(items)
      ? value.map((item) => withDefaults(items, item))
      : value;
  }
  const { properties } = schema;
  if (!isRecord(value) || !isRecord(properties)) return value;
  return { ...value, ...filledProperties(properties, value) };
}

function filledProperties(
  properties: Record<string, unknown>,
  value: { [key: string]: Json },
): { [key: string]: Json } {
  const filled: [string, Json][] = [];
  for (const [key, property] of Object.entries(properties)) {
    const present = Object.hasOwn(value, key) ? value[key] : undefined;
    if (present !== undefined)
      filled.push([key, withDefaults(property, present)]);
    else if (isRecord(property) && property["default"] !== undefined)
      // A default in a schema is JSON.
      filled.push([key, property["default"]]);
  }
  return Object.fromEntries(filled);
}

function isRecord(value: unknown): value is { [key: string]: Json } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
