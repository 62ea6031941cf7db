/** Validators of documents as functions that also check limits and give the size, or `ODD`; see `checked-size.ts`. */
import type { JSONValue } from "convex/values";
import {
  checkedDocumentSize,
  checkedSize,
  ODD,
  sizeOfArray,
  sizeOfName,
  sizeOfText,
} from "./checked-size";
import type { ValidatorJson } from "./validator-json";
import { matches, type TableNameOf } from "./validator-match";
import { MAX_DOCUMENT_NESTING, MAX_FIELDS } from "./value-limits";

type DocumentJson = { [field: string]: JSONValue };
/** The size of a document with its system fields. */
export type CheckedDocument = (
  document: DocumentJson,
  tableNameOf: TableNameOf,
) => number;
type Checked = (
  value: JSONValue,
  room: number,
  tableNameOf: TableNameOf,
) => number;
type Field = {
  readonly name: string;
  readonly nameSize: number;
  readonly isOptional: boolean;
  readonly isInherited: boolean;
  readonly check: Checked;
};

const SYSTEM_FIELDS = ["_id", "_creationTime"];
const anything: Checked = (value, room) => checkedSize(value, room);
const nothing: Checked = () => ODD;

export function compileDocument(validator: ValidatorJson): CheckedDocument {
  if (validator.type === "any") return checkedDocumentSize;
  const check = compileRoot(validator);
  return (document, tableNameOf) =>
    check(document, MAX_DOCUMENT_NESTING, tableNameOf);
}

function compileRoot(validator: ValidatorJson): Checked {
  if (validator.type === "union")
    return anyOf(validator.value.map(compileRoot));
  if (validator.type !== "object") return nothing;
  const own = fieldsOf(validator);
  if (own.some(({ name }) => name.startsWith("_"))) return nothing;
  return objectOf([...own, ...SYSTEM_FIELDS.map(systemField)]);
}

function compile(validator: ValidatorJson): Checked {
  switch (validator.type) {
    case "any":
      return anything;
    case "string":
      return (value) => (typeof value === "string" ? sizeOfText(value) : ODD);
    case "null":
      return (value) => (value === null ? 1 : ODD);
    case "boolean":
      return (value) => (typeof value === "boolean" ? 1 : ODD);
    case "union":
      return anyOf(validator.value.map(compile));
    case "array":
      return arrayOf(compile(validator.value));
    case "object":
      return objectOf(fieldsOf(validator));
    default:
      return matching(validator);
  }
}

function matching(validator: ValidatorJson): Checked {
  return (value, room, tableNameOf) =>
    matches(value, validator, tableNameOf) ? checkedSize(value, room) : ODD;
}

function anyOf(members: readonly Checked[]): Checked {
  return (value, room, tableNameOf) => {
    for (const member of members) {
      const size = member(value, room, tableNameOf);
      if (size !== ODD) return size;
    }
    return ODD;
  };
}

function arrayOf(check: Checked): Checked {
  return (value, room, tableNameOf) =>
    Array.isArray(value)
      ? sizeOfArray(value, room, (item, rest) => check(item, rest, tableNameOf))
      : ODD;
}

/** Literals first: they tell the members of a union apart. */
function fieldsOf(validator: ValidatorJson & { type: "object" }): Field[] {
  const fields = Object.entries(validator.value);
  const isLiteral = ([, { fieldType }]: (typeof fields)[number]) =>
    fieldType.type === "literal";
  const others = fields.filter((field) => !isLiteral(field));
  return [...fields.filter(isLiteral), ...others].map(
    ([name, { fieldType, optional }]) =>
      newField(name, optional, compile(fieldType)),
  );
}

function systemField(name: string): Field {
  return newField(name, false, anything);
}

function newField(name: string, isOptional: boolean, check: Checked): Field {
  const isInherited = name in Object.prototype;
  const nameSize = sizeOfName(name);
  return { name, nameSize, isOptional, isInherited, check };
}

function objectOf(fields: readonly Field[]): Checked {
  if (fields.length > MAX_FIELDS) return nothing;
  if (fields.some(({ nameSize }) => nameSize === ODD)) return nothing;
  return (value, room, tableNameOf) => {
    if (typeof value !== "object" || value === null || Array.isArray(value))
      return ODD;
    if (room === 0) return ODD;
    let sum = 2;
    let found = 0;
    for (const field of fields) {
      const item = ownValue(value, field);
      if (item === undefined) {
        if (field.isOptional) continue;
        return ODD;
      }
      const size = field.check(item, room - 1, tableNameOf);
      if (size === ODD) return ODD;
      sum += field.nameSize + size;
      found += 1;
    }
    return hasFields(value, found) ? sum : ODD;
  };
}

function ownValue(value: DocumentJson, field: Field): JSONValue | undefined {
  return field.isInherited && !Object.hasOwn(value, field.name)
    ? undefined
    : value[field.name];
}

function hasFields(value: DocumentJson, expected: number): boolean {
  let count = 0;
  for (const _ in value) count += 1;
  return count === expected;
}
