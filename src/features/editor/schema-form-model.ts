/** What a form can ask for, read from a JSON Schema. Whatever the form cannot ask for field by field is typed as JSON. */
export type FormField = {
  path: string;
  name: string;
  label: string;
  description: string | null;
  required: boolean;
} & (
  | { kind: "text"; format: string | null }
  | { kind: "number"; integer: boolean }
  | { kind: "boolean" }
  | { kind: "choice"; options: (string | number | boolean | null)[] }
  | { kind: "group"; fields: FormField[] }
  | { kind: "json"; expects: string }
);

/** What was typed, by field path. Booleans are "true", "false" or "" for not given; choices are the option's index. */
export type FormDraft = Record<string, string>;

export type FormResult =
  | { kind: "ok"; value: Record<string, unknown> }
  | { kind: "invalid"; errors: Record<string, string> };

type Schema = Record<string, unknown>;

function asSchema(value: unknown): Schema {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Schema)
    : {};
}

/** The fields of an object schema (JSON text) in its order, or null when the input is no object: then only JSON fits. */
export function formFields(schemaText: string | null): FormField[] | null {
  if (schemaText === null) return null;
  const root = asSchema(JSON.parse(schemaText));
  if (root["type"] !== "object") return null;
  return objectFields(root, "");
}

function objectFields(schema: Schema, prefix: string): FormField[] {
  const required = Array.isArray(schema["required"]) ? schema["required"] : [];
  return Object.entries(asSchema(schema["properties"])).map(
    ([name, property]) =>
      field(
        name,
        `${prefix}/${name}`,
        asSchema(property),
        required.includes(name),
      ),
  );
}

function field(
  name: string,
  path: string,
  schema: Schema,
  required: boolean,
): FormField {
  const title = schema["title"];
  const description = schema["description"];
  const common = {
    path,
    name,
    label: typeof title === "string" ? title : name,
    description: typeof description === "string" ? description : null,
    // A default fills the gap, so leaving the field empty is fine.
    required: required && !("default" in schema),
  };
  return { ...common, ...control(schema, path) };
}

type Control = FormField extends infer F
  ? F extends FormField
    ? Omit<F, "path" | "name" | "label" | "description" | "required">
    : never
  : never;

function control(schema: Schema, path: string): Control {
  const options = schema["enum"];
  if (Array.isArray(options) && options.every(isScalar))
    return { kind: "choice", options };
  switch (schema["type"]) {
    case "string": {
      const format = schema["format"];
      return {
        kind: "text",
        format: typeof format === "string" ? format : null,
      };
    }
    case "number":
    case "integer":
      return { kind: "number", integer: schema["type"] === "integer" };
    case "boolean":
      return { kind: "boolean" };
    case "object":
      if ("properties" in schema)
        return { kind: "group", fields: objectFields(schema, path) };
      return { kind: "json", expects: "object" };
    case "array":
      return { kind: "json", expects: "array" };
    default:
      return { kind: "json", expects: "any" };
  }
}

function isScalar(value: unknown): value is string | number | boolean | null {
  return (
    value === null || ["string", "number", "boolean"].includes(typeof value)
  );
}

/** Fills the form from a value, such as the sample. What does not fit a field is left out. */
export function draftFromValue(
  fields: readonly FormField[],
  value: unknown,
): FormDraft {
  const source = asSchema(value);
  const draft: FormDraft = {};
  for (const item of fields) {
    const given = Object.hasOwn(source, item.name)
      ? source[item.name]
      : undefined;
    if (item.kind === "group")
      Object.assign(draft, draftFromValue(item.fields, given));
    else if (given !== undefined) draft[item.path] = typed(item, given);
  }
  return draft;
}

function typed(item: FormField, given: unknown): string {
  switch (item.kind) {
    case "choice": {
      const index = item.options.findIndex((option) => option === given);
      return index < 0 ? "" : String(index);
    }
    case "text":
      return typeof given === "string" ? given : JSON.stringify(given);
    case "json":
      return JSON.stringify(given, null, 2);
    case "number":
    case "boolean":
      return String(given);
    case "group":
      return "";
    default:
      return item satisfies never;
  }
}

/** The value the form stands for, or what is wrong, by field path. */
export function valueFromDraft(
  fields: readonly FormField[],
  draft: FormDraft,
): FormResult {
  const errors: Record<string, string> = {};
  const value = readGroup(fields, draft, errors);
  if (Object.keys(errors).length > 0) return { kind: "invalid", errors };
  return { kind: "ok", value };
}

function readGroup(
  fields: readonly FormField[],
  draft: FormDraft,
  errors: Record<string, string>,
): Record<string, unknown> {
  const entries: [string, unknown][] = [];
  for (const item of fields) {
    if (item.kind === "group") {
      if (!item.required && !isTouched(item.fields, draft)) continue;
      entries.push([item.name, readGroup(item.fields, draft, errors)]);
      continue;
    }
    const read = readField(item, draft[item.path] ?? "");
    if (read.kind === "error") errors[item.path] = read.message;
    else if (read.kind === "value") entries.push([item.name, read.value]);
  }
  return Object.fromEntries(entries);
}

/** Whether anything was typed into an optional group; if not, the group is left out. */
function isTouched(fields: readonly FormField[], draft: FormDraft): boolean {
  return fields.some((item) =>
    item.kind === "group"
      ? isTouched(item.fields, draft)
      : (draft[item.path] ?? "") !== "",
  );
}

type Read =
  | { kind: "value"; value: unknown }
  | { kind: "empty" }
  | { kind: "error"; message: string };

const error = (message: string): Read => ({ kind: "error", message });
const value = (given: unknown): Read => ({ kind: "value", value: given });

function readField(
  item: Exclude<FormField, { kind: "group" }>,
  text: string,
): Read {
  // An empty text is a value; for every other kind nothing was given.
  if (text === "" && item.kind === "text" && item.required) {
    return item.format === null ? value("") : error("Required.");
  }
  if (text === "")
    return item.required ? error("Required.") : { kind: "empty" };
  switch (item.kind) {
    case "text":
      return value(text);
    case "number":
      return readNumber(text, item.integer);
    case "boolean":
      return value(text === "true");
    case "choice":
      return value(item.options[Number(text)]);
    case "json":
      return readJson(text, item.expects);
    default:
      return item satisfies never;
  }
}

function readNumber(text: string, integer: boolean): Read {
  const parsed = Number(text);
  if (text.trim() === "" || !Number.isFinite(parsed))
    return error("Enter a number.");
  if (integer && !Number.isInteger(parsed))
    return error("Enter a whole number.");
  return value(parsed);
}

function readJson(text: string, expects: string): Read {
  try {
    const parsed: unknown = JSON.parse(text);
    if (expects === "array" && !Array.isArray(parsed))
      return error("Enter a JSON array: [ … ].");
    const isObject =
      typeof parsed === "object" && parsed !== null && !Array.isArray(parsed);
    if (expects === "object" && !isObject)
      return error("Enter a JSON object: { … }.");
    return value(parsed);
  } catch (failure) {
    return error(
      failure instanceof Error
        ? `Not valid JSON: ${failure.message}`
        : "Not valid JSON.",
    );
  }
}
