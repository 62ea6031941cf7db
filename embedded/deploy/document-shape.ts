/** The types that documents of a table have, whatever the schema says; for tools that show tables. */
import { jsonToConvex, type JSONValue, type Value } from "convex/values";
import { decodeId } from "../values/document-id";

type Field = { fieldName: string; optional: boolean; shape: Shape };
type Shape =
  | {
      type:
        "Never" | "Null" | "Int64" | "Float64" | "Boolean" | "String" | "Bytes";
    }
  | { type: "Id"; tableName: string }
  | { type: "Array"; shape: Shape }
  | { type: "Object"; fields: Field[] }
  | { type: "Union"; shapes: Shape[] };

type TableNameOf = (tableNumber: number) => string | null;

export function shapeOfDocuments(
  documents: readonly JSONValue[],
  tableNameOf: TableNameOf,
): JSONValue {
  const shape = union(
    documents.map((document) => shapeOf(jsonToConvex(document), tableNameOf)),
  );
  return JSON.parse(JSON.stringify(shape)) as JSONValue;
}

function shapeOf(value: Value, tableNameOf: TableNameOf): Shape {
  if (value === null) return { type: "Null" };
  if (typeof value === "bigint") return { type: "Int64" };
  if (typeof value === "number") return { type: "Float64" };
  if (typeof value === "boolean") return { type: "Boolean" };
  if (typeof value === "string") return shapeOfText(value, tableNameOf);
  if (value instanceof ArrayBuffer) return { type: "Bytes" };
  if (Array.isArray(value)) {
    const shapes = value.map((item) => shapeOf(item, tableNameOf));
    return { type: "Array", shape: union(shapes) };
  }
  const fields = Object.entries(value as { [field: string]: Value });
  return {
    type: "Object",
    fields: fields.map(([fieldName, inner]) => ({
      fieldName,
      optional: false,
      shape: shapeOf(inner, tableNameOf),
    })),
  };
}

function shapeOfText(text: string, tableNameOf: TableNameOf): Shape {
  const number = decodeId(text)?.tableNumber;
  const tableName = number === undefined ? null : tableNameOf(number);
  return tableName === null ? { type: "String" } : { type: "Id", tableName };
}

/** Objects become one object whose fields may be optional, arrays one array. */
function union(shapes: readonly Shape[]): Shape {
  const objects = shapes.filter((shape) => shape.type === "Object");
  const arrays = shapes.filter((shape) => shape.type === "Array");
  const others = shapes.filter(
    (shape) => shape.type !== "Object" && shape.type !== "Array",
  );
  const distinct = new Map<string, Shape>(
    others.map((shape) => [JSON.stringify(shape), shape]),
  );
  const merged = [...distinct.values()].flatMap((shape) =>
    shape.type === "Union"
      ? shape.shapes
      : shape.type === "Never"
        ? []
        : [shape],
  );
  if (objects.length > 0) merged.push(mergedObject(objects));
  if (arrays.length > 0)
    merged.push({
      type: "Array",
      shape: union(arrays.map(({ shape }) => shape)),
    });
  const [only] = merged;
  if (only === undefined) return { type: "Never" };
  return merged.length === 1 ? only : { type: "Union", shapes: merged };
}

function mergedObject(objects: readonly { fields: Field[] }[]): Shape {
  const byName = new Map<string, Field[]>();
  for (const { fields } of objects)
    for (const field of fields)
      byName.set(field.fieldName, [
        ...(byName.get(field.fieldName) ?? []),
        field,
      ]);
  const fields = [...byName].sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    type: "Object",
    fields: fields.map(([fieldName, seen]) => ({
      fieldName,
      optional: seen.length < objects.length,
      shape: union(seen.map(({ shape }) => shape)),
    })),
  };
}
