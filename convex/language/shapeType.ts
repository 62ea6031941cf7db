/** The TypeScript of a shape. Objects are open: what was seen is not all that there can be. */
import type { ObjectShape, Shape } from "./shapes";
import {
  docComment,
  listOf,
  objectType,
  propertyName,
  unionOf,
} from "./typeText";

/** How many runs (or events) showed values of this shape. */
export type Seen = { times: number; shape: Shape };

const ANYTHING_ELSE = "[name: string]: any;";

/** `where`: "3 runs". Fields say where they were seen. */
export function typeOfSeen({ shape }: Seen, where: string): string {
  return typeOf(shape, `Seen in ${where}.`);
}

function typeOf(shape: Shape, note: string | null): string {
  const { is = [], isAny, list, object } = shape;
  const isNothing = !list && !object && is.every((one) => one === "null");
  // Of what was only ever null nothing is known.
  if (isAny || isNothing) return "any";
  return unionOf([
    ...(object ? [typeOfObject(object, note)] : []),
    ...(list ? [listOf(list.items ? typeOf(list.items, null) : "any")] : []),
    ...is,
  ]);
}

function typeOfObject(object: ObjectShape, note: string | null): string {
  const { fields, values } = object;
  if (fields.length === 0 && values)
    return objectType([`[name: string]: ${typeOf(values, null)};`]);
  const members = fields.flatMap(([name, shape]) =>
    memberOf(name, shape, { of: object.seen, note }),
  );
  return objectType([...members, ANYTHING_ELSE]);
}

function memberOf(
  name: string,
  shape: Shape,
  { of, note }: { of: number; note: string | null },
): string[] {
  const isOptional = shape.seen < of;
  const mark = isOptional ? "?" : "";
  // An object without a field of its own called `constructor` has one all the same.
  const type =
    isOptional && name in Object.prototype ? "any" : typeOf(shape, null);
  const member = `${propertyName(name)}${mark}: ${type};`;
  const sometimes = isOptional ? `In ${shape.seen} of ${of} values.` : null;
  const notes = [note, sometimes].filter((each) => each !== null);
  return notes.length === 0 ? [member] : [docComment(notes.join(" ")), member];
}
