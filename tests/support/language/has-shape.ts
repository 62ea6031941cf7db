import type { Json } from "../../../convex/language/evaluation";
import { isFieldName, type Shape } from "../../../convex/language/shapes";

/** A plain reading of what a shape says, to hold the inference against. */
export function hasShape(value: Json, shape: Shape): boolean {
  if (shape.isAny) return true;
  if (value === null || typeof value !== "object")
    return (shape.is ?? []).includes(
      value === null ? "null" : (typeof value as "string"),
    );
  if (Array.isArray(value)) {
    const { list } = shape;
    return value.every((item) => list?.items && hasShape(item, list.items))
      ? list !== undefined
      : false;
  }
  return hasFields(value, shape);
}

function hasFields(
  value: { [name: string]: Json },
  { object }: Shape,
): boolean {
  if (object === undefined) return false;
  const fields = new Map(object.fields);
  const isWhole = object.fields.every(
    ([name, { seen }]) => seen < object.seen || name in value,
  );
  return (
    isWhole &&
    Object.entries(value).every(([name, inner]) => {
      const field = isFieldName(name) ? fields.get(name) : undefined;
      const expected = field ?? object.values;
      return expected !== undefined && hasShape(inner, expected);
    })
  );
}
