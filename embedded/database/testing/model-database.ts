/** What the database promises, as simply as possible: maps of documents, filtered and sorted with `compareValues`. */
import {
  compareValues,
  jsonToConvex,
  type JSONValue,
  type Value,
} from "convex/values";
import type { DocumentJson } from "../types";
import type { QueryShape, Table } from "./arbitrary-query";

/** By id, in each table. */
export type ModelState = Readonly<Record<Table, Map<string, DocumentJson>>>;

export function emptyState(): ModelState {
  return { t: new Map(), u: new Map() };
}

export function copyOf(state: ModelState): ModelState {
  return { t: new Map(state.t), u: new Map(state.u) };
}

export function modelQuery(
  state: ModelState,
  shape: QueryShape,
): DocumentJson[] {
  let rows = rowsInRange(state, shape);
  for (const operator of shape.operators) {
    rows =
      "limit" in operator
        ? rows.slice(0, operator.limit)
        : rows.filter((document) => holds(operator.filter, document));
  }
  return rows;
}

/** Before filters and limits. */
export function rowsInRange(
  state: ModelState,
  shape: QueryShape,
): DocumentJson[] {
  return [...state[shape.table].values()]
    .filter((document) => isInRange(document, shape))
    .sort((left, right) => comparePositions(shape, left, right));
}

/** Negative when `left` comes first in the order of the query. */
export function comparePositions(
  shape: QueryShape,
  left: DocumentJson,
  right: DocumentJson,
): number {
  for (const field of [...shape.index.fields, "_creationTime", "_id"]) {
    const order = compareValues(valueAt(left, field), valueAt(right, field));
    if (order !== 0) return shape.order === "asc" ? order : -order;
  }
  return 0;
}

const RANGE = {
  Eq: (order: number) => order === 0,
  Gt: (order: number) => order > 0,
  Gte: (order: number) => order >= 0,
  Lt: (order: number) => order < 0,
  Lte: (order: number) => order <= 0,
};

export function isInRange(document: DocumentJson, shape: QueryShape): boolean {
  return shape.bounds.every(({ type, fieldPath, value }) =>
    RANGE[type](compareValues(valueAt(document, fieldPath), decoded(value))),
  );
}

const FILTERS: { [operator: string]: (order: number) => boolean } = {
  $eq: RANGE.Eq,
  $neq: (order) => order !== 0,
  $lt: RANGE.Lt,
  $lte: RANGE.Lte,
  $gt: RANGE.Gt,
  $gte: RANGE.Gte,
};

/** Of the expressions that `arbitraryQuery` makes. */
export function holds(expression: JSONValue, document: DocumentJson): boolean {
  const entry = Object.entries(expression as DocumentJson)[0];
  if (entry === undefined) throw new Error("Not an expression");
  const [operator, operand] = entry;
  const parts = operand as JSONValue[];
  if (operator === "$and") return parts.every((part) => holds(part, document));
  if (operator === "$or") return parts.some((part) => holds(part, document));
  if (operator === "$not") return !holds(operand, document);
  const [{ $field }, { $literal }] = operand as [
    { $field: string },
    { $literal: JSONValue },
  ];
  const order = compareValues(valueAt(document, $field), decoded($literal));
  return FILTERS[operator]?.(order) ?? false;
}

function valueAt(document: DocumentJson, path: string): Value | undefined {
  let value: Value | undefined = jsonToConvex(document);
  for (const name of path.split(".")) {
    const isObject: boolean =
      typeof value === "object" && value !== null && !Array.isArray(value);
    value = isObject ? (value as { [field: string]: Value })[name] : undefined;
  }
  return value;
}

function decoded(value: JSONValue): Value | undefined {
  const isMissing =
    typeof value === "object" && value !== null && "$undefined" in value;
  return isMissing ? undefined : jsonToConvex(value);
}
