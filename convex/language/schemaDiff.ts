/** What differs between two schemas of an input, field by field, in a form that people read. */
import type { JsonSchema } from "./graph";
import { stableText } from "./jsonChanges";

/** `path` is `customer.emails[]`, `""` the input as a whole; the texts describe the field, null where there is none. */
export type FieldChange = {
  path: string;
  before: string | null;
  after: string | null;
};

/** `null`: takes anything. */
export function diffSchemas(
  before: JsonSchema | null,
  after: JsonSchema | null,
): FieldChange[] {
  const [was, now] = [fieldsOf(before), fieldsOf(after)];
  const paths = new Set([...was.keys(), ...now.keys()]);
  return [...paths].flatMap((path) => {
    const change = {
      before: was.get(path) ?? null,
      after: now.get(path) ?? null,
    };
    return change.before === change.after ? [] : [{ path, ...change }];
  });
}

const MAX_DEPTH = 16;
type SchemaObject = { [keyword: string]: unknown };

function fieldsOf(schema: JsonSchema | null): Map<string, string> {
  const fields = new Map<string, string>();
  const visit = (
    path: string,
    at: unknown,
    required: boolean,
    depth: number,
  ) => {
    fields.set(path, describe(at, required || path === ""));
    if (!isSchemaObject(at) || depth === MAX_DEPTH) return;
    const needed = Array.isArray(at["required"]) ? at["required"] : [];
    const properties = isSchemaObject(at["properties"]) ? at["properties"] : {};
    for (const [name, field] of Object.entries(properties)) {
      const inner = path === "" ? name : `${path}.${name}`;
      visit(inner, field, needed.includes(name), depth + 1);
    }
    if (isSchemaObject(at["items"]))
      visit(`${path}[]`, at["items"], true, depth + 1);
  };
  visit("", schema ?? true, true, 0);
  return fields;
}

/** What has lines of its own, or says nothing about the value. */
const APART = new Set(["$schema", "properties", "required", "items", "type"]);
/** zod closes every object that a schema makes; saying so is noise. */
const USUAL = stableText(["additionalProperties", false]);

function describe(schema: unknown, required: boolean): string {
  const need = required ? "" : "optional ";
  if (!isSchemaObject(schema))
    return `${need}${schema === false ? "nothing" : "anything"}`;
  const rest = Object.entries(schema)
    .filter(([key]) => !APART.has(key))
    .filter((entry) => stableText(entry) !== USUAL)
    .map(([key, value]) => `${key} ${stableText(value)}`);
  return [`${need}${typeWord(schema)}`, ...rest].join(", ");
}

function typeWord(schema: SchemaObject): string {
  const { type } = schema;
  if (Array.isArray(type)) return type.map(String).join(" or ");
  if (typeof type === "string") return type;
  return "const" in schema || "enum" in schema ? "one of" : "anything";
}

function isSchemaObject(value: unknown): value is SchemaObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
