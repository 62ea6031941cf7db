/** The TypeScript of a JSON Schema, as far as it says what somebody has to give. */
import type { JsonSchema } from "./graph";
import { listOf, objectType, propertyName, quoted, unionOf } from "./typeText";

type Keywords = Exclude<JsonSchema, boolean>;
const MAX_DEPTH = 8;

export function typeOfSchema(schema: JsonSchema, depth = 0): string {
  if (typeof schema === "boolean" || depth > MAX_DEPTH) return "any";
  const inner = (each: unknown) => typeOfSchema(asSchema(each), depth + 1);
  const choices = schema["anyOf"] ?? schema["oneOf"];
  if (Array.isArray(choices)) return unionOf(choices.map(inner)) || "any";
  if (Array.isArray(schema["enum"])) return literals(schema["enum"]);
  if ("const" in schema) return literals([schema["const"]]);
  const { type } = schema;
  if (Array.isArray(type))
    return unionOf(
      type.map((one) => typeOfOne({ ...schema, type: one }, inner)),
    );
  return typeOfOne(schema, inner);
}

type Inner = (schema: unknown) => string;

function typeOfOne(schema: Keywords, inner: Inner): string {
  switch (schema["type"]) {
    case "string":
    case "boolean":
    case "null":
    case "number":
      return schema["type"];
    case "integer":
      return "number";
    case "array":
      return typeOfList(schema, inner);
    case "object":
      return typeOfObject(schema, inner);
    default:
      return "any";
  }
}

function typeOfList(schema: Keywords, inner: Inner): string {
  const { prefixItems, items } = schema;
  if (Array.isArray(prefixItems))
    return `[${prefixItems.map(inner).join(", ")}]`;
  return listOf(items === undefined ? "any" : inner(items));
}

function typeOfObject(schema: Keywords, inner: Inner): string {
  const { properties, required, additionalProperties } = schema;
  const needed = new Set(Array.isArray(required) ? required : []);
  const members = Object.entries(asKeywords(properties)).map(
    ([name, field]) => {
      const isOptional = !needed.has(name) || "default" in asKeywords(field);
      return `${propertyName(name)}${isOptional ? "?" : ""}: ${inner(field)};`;
    },
  );
  // zod's plain objects say nothing about other fields; its records say what their values are.
  if (members.length === 0)
    return objectType([
      `[name: string]: ${additionalProperties === undefined ? "any" : inner(additionalProperties)};`,
    ]);
  return objectType(members);
}

function literals(values: readonly unknown[]): string {
  return (
    unionOf(
      values.map((value) => {
        if (typeof value === "string") return quoted(value);
        const isPlain =
          value === null ||
          typeof value === "boolean" ||
          typeof value === "number";
        return isPlain ? String(value) : "any";
      }),
    ) || "any"
  );
}

function asKeywords(value: unknown): Keywords {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? // Read from JSON.
      (value as Keywords)
    : {};
}

function asSchema(value: unknown): JsonSchema {
  return typeof value === "boolean" ? value : asKeywords(value);
}
