/** The form of an approval as fields, and what was typed as its values. */

export type ApprovalField = {
  name: string;
  label: string;
  type: "text" | "number" | "boolean" | "choice" | "json";
  choices: string[];
  isRequired: boolean;
  initial: string;
};

/** The properties of a JSON Schema (as text), in order; what is no plain value is typed as JSON. */
export function fieldsOf(formSchema: string | null): ApprovalField[] {
  const schema: unknown = formSchema === null ? null : JSON.parse(formSchema);
  if (!isRecord(schema) || !isRecord(schema["properties"])) return [];
  const { required } = schema;
  return Object.entries(schema["properties"]).map(([name, property]) => {
    const shape = isRecord(property) ? property : {};
    const choices = Array.isArray(shape["enum"])
      ? shape["enum"].filter((choice) => typeof choice === "string")
      : [];
    const { description, default: initial } = shape;
    const type = typeOf(shape, choices);
    return {
      name,
      label: typeof description === "string" ? description : name,
      type,
      choices,
      isRequired:
        Array.isArray(required) &&
        required.includes(name) &&
        initial === undefined,
      initial: shown(initial, type),
    };
  });
}

function shown(initial: unknown, type: ApprovalField["type"]): string {
  if (initial === undefined) return "";
  return typeof initial === "string" && type !== "json"
    ? initial
    : JSON.stringify(initial);
}

function typeOf(
  shape: Record<string, unknown>,
  choices: string[],
): ApprovalField["type"] {
  if (choices.length > 0) return "choice";
  switch (shape["type"]) {
    case "string":
      return "text";
    case "number":
    case "integer":
      return "number";
    case "boolean":
      return "boolean";
    default:
      return "json";
  }
}

/** JSON text of the values; what was left empty is left out. Throws for JSON that is none. */
export function valuesOf(
  fields: readonly ApprovalField[],
  typed: ReadonlyMap<string, string>,
): string {
  const values = fields.flatMap((field) => {
    const text = typed.get(field.name) ?? field.initial;
    if (field.type === "boolean") return [[field.name, text === "true"]];
    return text === "" ? [] : [[field.name, valueOf(field, text)]];
  });
  return JSON.stringify(Object.fromEntries(values));
}

function valueOf(field: ApprovalField, text: string): unknown {
  if (field.type === "number") return Number(text);
  return field.type === "json" ? JSON.parse(text) : text;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
