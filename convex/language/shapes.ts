/**
 * What values look like, and nothing of what they are: which fields there are, and of which types. Shapes of many values
 * merge into one that each of them has. Names of fields that look like data (ids, dates, addresses) are not kept.
 */
import type { Json } from "./evaluation";

export type Scalar = "null" | "boolean" | "number" | "string";

/** `seen` counts the values. With `isAny` there is more in them than is told. */
export type Shape = {
  seen: number;
  is?: Scalar[];
  isAny?: true;
  /** Of lists: all their items; without any when they were empty. */
  list?: { items: Shape | null };
  object?: ObjectShape;
};

export type ObjectShape = {
  seen: number;
  /** In order of appearance; one that was seen less often than the object is optional. */
  fields: [name: string, shape: Shape][];
  /** What stands under names that are data. */
  values?: Shape;
};

const MAX_DEPTH = 8;
/** Of a list so many items are looked at. */
const MAX_ITEMS = 100;
/** An object with more is a dictionary. */
const MAX_FIELDS = 64;

export function shapeOf(value: Json, depth = 0): Shape {
  if (depth > MAX_DEPTH) return { seen: 1, isAny: true };
  if (value === null) return { seen: 1, is: ["null"] };
  if (Array.isArray(value)) {
    const items = value
      .slice(0, MAX_ITEMS)
      .map((item) => shapeOf(item, depth + 1));
    return { seen: 1, list: { items: mergeAll(items) } };
  }
  if (typeof value !== "object") return { seen: 1, is: [scalarOf(value)] };
  return { seen: 1, object: objectShape(value, depth) };
}

function scalarOf(value: boolean | number | string): Scalar {
  if (typeof value === "string") return "string";
  return typeof value === "number" ? "number" : "boolean";
}

function objectShape(
  value: { [name: string]: Json },
  depth: number,
): ObjectShape {
  const shapes = Object.entries(value).map(([name, field]): [string, Shape] => [
    name,
    shapeOf(field, depth + 1),
  ]);
  return asDictionary({
    seen: 1,
    fields: shapes.filter(([name]) => isFieldName(name)),
    ...valuesOf(shapes.filter(([name]) => !isFieldName(name))),
  });
}

function valuesOf(shapes: [string, Shape][]): { values?: Shape } {
  const values = mergeAll(shapes.map(([, shape]) => shape));
  return values === null ? {} : { values };
}

function asDictionary(object: ObjectShape): ObjectShape {
  const { seen, fields, values } = object;
  if (fields.length <= MAX_FIELDS) return object;
  const all = fields.map(([, shape]) => shape);
  return {
    seen,
    fields: [],
    ...optional("values", mergeAll(values ? [...all, values] : all)),
  };
}

/** Whether it names a part of a shape; numbers, dates, ids, tokens and addresses are data. */
export function isFieldName(name: string): boolean {
  if (name.length > 60 || !/\p{L}/u.test(name)) return false;
  if (/^\d|\d{5}|@.*\.|:\/\/|[\p{Cc}\u2028\u2029]/u.test(name)) return false;
  if (/[0-9a-f]{8}-[0-9a-f]{4}-/i.test(name)) return false;
  const digits = name.replace(/\D/g, "").length;
  return !(digits >= 3 && /^[\w-]{16,}$/.test(name));
}

export function mergeAll(shapes: readonly Shape[]): Shape | null {
  return shapes.reduce<Shape | null>(mergeOptional, null);
}

function mergeOptional(a: Shape | null, b: Shape | null): Shape | null {
  return a === null || b === null ? (a ?? b) : mergeShapes(a, b);
}

export function mergeShapes(a: Shape, b: Shape): Shape {
  const is = [...new Set([...(a.is ?? []), ...(b.is ?? [])])].sort();
  return {
    seen: a.seen + b.seen,
    ...(is.length === 0 ? {} : { is }),
    ...(a.isAny || b.isAny ? { isAny: true as const } : {}),
    ...optional("list", mergeLists(a.list, b.list)),
    ...optional("object", mergeObjects(a.object, b.object)),
  };
}

function optional<Name extends string, Value>(
  name: Name,
  value: Value | null | undefined,
): { [N in Name]?: Value } {
  // One computed name, which TypeScript widens to any text.
  return (value == null ? {} : { [name]: value }) as { [N in Name]?: Value };
}

function mergeLists(a: Shape["list"], b: Shape["list"]): Shape["list"] {
  if (a === undefined || b === undefined) return a ?? b;
  return { items: mergeOptional(a.items, b.items) };
}

function mergeObjects(a: Shape["object"], b: Shape["object"]): Shape["object"] {
  if (a === undefined || b === undefined) return a ?? b;
  const fields = new Map(a.fields);
  for (const [name, shape] of b.fields)
    fields.set(name, mergeOptional(fields.get(name) ?? null, shape) ?? shape);
  const values = mergeOptional(a.values ?? null, b.values ?? null);
  const seen = a.seen + b.seen;
  return asDictionary({
    seen,
    fields: [...fields],
    ...optional("values", values),
  });
}

/** With at most so many types in it, or the fewest that its fields allow: the deepest are left out first. */
export function boundedShape(shape: Shape, maxTypes: number): Shape {
  for (let depth = MAX_DEPTH; depth > 0; depth--) {
    const cut = cutAt(shape, depth);
    if (countTypes(cut) <= maxTypes) return cut;
  }
  return { seen: shape.seen, isAny: true };
}

function cutAt(shape: Shape, depth: number): Shape {
  const { seen, list, object } = shape;
  if (list === undefined && object === undefined) return shape;
  if (depth === 0) return { seen, isAny: true };
  const { list: _, object: __, ...rest } = shape;
  const inner = (each: Shape) => cutAt(each, depth - 1);
  return {
    ...rest,
    ...optional("list", list && { items: list.items && inner(list.items) }),
    ...optional("object", object && cutFields(object, inner)),
  };
}

function cutFields(
  object: ObjectShape,
  inner: (shape: Shape) => Shape,
): ObjectShape {
  const { seen, fields, values } = object;
  const kept = fields.map(([name, shape]): [string, Shape] => [
    name,
    inner(shape),
  ]);
  return { seen, fields: kept, ...optional("values", values && inner(values)) };
}

function countTypes(shape: Shape): number {
  const inside = [
    ...(shape.list?.items ? [shape.list.items] : []),
    ...(shape.object?.fields ?? []).map(([, field]) => field),
    ...(shape.object?.values ? [shape.object.values] : []),
  ];
  return inside.reduce((sum, each) => sum + countTypes(each), 1);
}
