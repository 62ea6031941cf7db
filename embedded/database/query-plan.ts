/** Parses the query AST (protocol section 3.4) into one index range or search and a chain of operators. */
import { SYSTEM_TABLES } from "./system-tables";
import type { JSONValue } from "convex/values";
import { encodeKey, keyAfter, prefixEnd } from "../values/index-key";
import { BackendError } from "./backend-error";
import { compileFilter, type Filter } from "./query-filter";
import type { SearchIndexInfo } from "./search/search-entry";
import { planSearch, type SearchPlan } from "./search/search-plan";
import {
  indexKeyOf,
  keyFieldsOf,
  type IndexInfo,
  type TableInfo,
} from "./table-info";
import type { KeyRange, QueryJson } from "./types";

const MAX_OPERATORS = 256;
const EVERYTHING: KeyRange = { start: new Uint8Array(), end: null };

export type Operator =
  { kind: "filter"; matches: Filter } | { kind: "limit"; remaining: number };
export type QueryPlan = {
  /** The key of the read set, also when the table does not exist yet. */
  readonly indexKey: string;
  /** Null when the table does not exist, and in a search: nothing to scan. */
  readonly index: IndexInfo | null;
  readonly search: { table: TableInfo; plan: SearchPlan } | null;
  readonly range: KeyRange;
  readonly order: "asc" | "desc";
  readonly operators: Operator[];
};

export type Bound = {
  type: "Eq" | "Gt" | "Gte" | "Lt" | "Lte";
  fieldPath: string;
  value: JSONValue;
};
type RangeSource = {
  kind: "range";
  table: string;
  index: string;
  bounds: Bound[];
  order: "asc" | "desc";
};
type SearchSource = {
  kind: "search";
  table: string;
  index: string;
  filters: JSONValue[];
};
type Source = RangeSource | SearchSource;

/** The table a query reads, before it is known to exist. */
export function tableOfQuery(query: QueryJson): string {
  return parseSource(query.source).table;
}

export function planQuery(
  component: string,
  query: QueryJson,
  table: TableInfo | null,
): QueryPlan {
  const source = parseSource(query.source);
  const operators = parseOperators(query.operators);
  const indexKey = indexKeyOf(component, source.table, source.index);
  if (source.kind === "search") {
    const search = searchOf(source, table);
    const [range, order] = [EVERYTHING, "asc" as const];
    return { indexKey, index: null, search, range, order, operators };
  }
  const index = table === null ? null : findIndex(table, source.index);
  const range = rangeOf(source, index?.keyFields ?? fieldsWithoutTable(source));
  const { order } = source;
  return { indexKey, index, search: null, range, order, operators };
}

function searchOf(
  source: SearchSource,
  table: TableInfo | null,
): { table: TableInfo; plan: SearchPlan } {
  if (table === null) throw indexNotFound(source.table, source.index);
  const name = `${source.table}.${source.index}`;
  const index = findSearchIndex(table, source.index);
  return { table, plan: planSearch(name, index, source.filters) };
}

/** Every table has the built-in indexes, and system tables theirs, before a first row makes them. */
function fieldsWithoutTable({ table, index }: RangeSource): string[] {
  if (index === "by_id" || index === "by_creation_time")
    return keyFieldsOf(index, []);
  const indexes = SYSTEM_TABLES[table]?.indexes ?? {};
  const fields = Object.hasOwn(indexes, index) ? indexes[index] : undefined;
  if (fields === undefined) throw indexNotFound(table, index);
  return keyFieldsOf(index, fields);
}

function findIndex(table: TableInfo, name: string): IndexInfo {
  const index = table.indexes.get(name);
  if (index !== undefined) return enabled(table, index);
  if (!table.searchIndexes.has(name)) throw indexNotFound(table.name, name);
  const text = `Index ${table.name}.${name} is not a database index`;
  throw new BackendError("IndexNotADatabaseIndex", text);
}

function findSearchIndex(table: TableInfo, name: string): SearchIndexInfo {
  const index = table.searchIndexes.get(name);
  if (index !== undefined) return enabled(table, index);
  if (!table.indexes.has(name)) throw indexNotFound(table.name, name);
  const text = `Index ${table.name}.${name} is not a search index`;
  throw new BackendError("IndexNotASearchIndexError", text);
}

function enabled<T extends { name: string; staged: boolean }>(
  table: TableInfo,
  index: T,
): T {
  if (!index.staged) return index;
  const text = `Index ${table.name}.${index.name} is currently staged and not available to query until it is enabled.`;
  throw new BackendError("IndexStagedError", text);
}

function indexNotFound(table: string, index: string): BackendError {
  return new BackendError(
    "IndexNotFoundError",
    `Index ${table}.${index} not found.`,
  );
}

function parseSource(json: JSONValue): Source {
  if (typeof json !== "object" || json === null || Array.isArray(json))
    throw invalidQuery("source");
  const order = json.order === "desc" ? "desc" : "asc";
  if (json.type === "FullTableScan") {
    return {
      kind: "range",
      table: String(json.tableName),
      index: "by_creation_time",
      bounds: [],
      order,
    };
  }
  if (json.type === "Search" && Array.isArray(json.filters)) {
    const [table, index] = splitIndexName(String(json.indexName));
    return { kind: "search", table, index, filters: json.filters };
  }
  if (json.type !== "IndexRange" || !Array.isArray(json.range))
    throw invalidQuery("source");
  const [table, index] = splitIndexName(String(json.indexName));
  const bounds = json.range.map(parseBound);
  return { kind: "range", table, index, bounds, order };
}

function splitIndexName(name: string): [string, string] {
  const dot = name.indexOf(".");
  if (dot < 0) throw invalidQuery("index name");
  return [name.slice(0, dot), name.slice(dot + 1)];
}

function parseBound(json: JSONValue): Bound {
  if (typeof json !== "object" || json === null || Array.isArray(json))
    throw invalidQuery("range");
  const { type, fieldPath, value } = json;
  if (
    type !== "Eq" &&
    type !== "Gt" &&
    type !== "Gte" &&
    type !== "Lt" &&
    type !== "Lte"
  )
    throw invalidQuery("range");
  if (typeof fieldPath !== "string" || value === undefined)
    throw invalidQuery("range");
  return { type, fieldPath, value };
}

function parseOperators(operators: JSONValue[]): Operator[] {
  if (operators.length > MAX_OPERATORS)
    throw invalidQuery("number of operators");
  return operators.map((json) => {
    if (typeof json !== "object" || json === null || Array.isArray(json))
      throw invalidQuery("operator");
    if (json.filter !== undefined)
      return { kind: "filter", matches: compileFilter(json.filter) };
    if (typeof json.limit !== "number") throw invalidQuery("operator");
    return { kind: "limit", remaining: json.limit };
  });
}

/** Equalities on leading fields, then bounds on the next one. */
function rangeOf(source: RangeSource, keyFields: string[]): KeyRange {
  const equalities = source.bounds.filter((bound) => bound.type === "Eq");
  const others = source.bounds.filter((bound) => bound.type !== "Eq");
  const [lower, upper] = [pickBound(others, "Gt"), pickBound(others, "Lt")];
  checkFields(source, keyFields, { equalities, others });
  const values = equalities.map((bound) => bound.value);
  const prefix = encodeKey(values);
  const start =
    lower === undefined ? prefix : encodeKey([...values, lower.value]);
  const end =
    upper === undefined ? prefix : encodeKey([...values, upper.value]);
  return {
    start: lower?.type === "Gt" ? (prefixEnd(start) ?? keyAfter(start)) : start,
    end: upper?.type === "Lt" ? end : prefixEnd(end),
  };
}

function pickBound(bounds: Bound[], side: "Gt" | "Lt"): Bound | undefined {
  const found = bounds.filter((bound) => bound.type.startsWith(side));
  if (found.length < 2) return found[0];
  const name = side === "Gt" ? "lower" : "upper";
  throw new BackendError(
    "AlreadyDefinedBound",
    `Already defined ${name} bound in index range. Can't add ${found[1]?.fieldPath}.`,
  );
}

function checkFields(
  source: RangeSource,
  keyFields: string[],
  parts: { equalities: Bound[]; others: Bound[] },
): void {
  const name = `${source.table}.${source.index}`;
  for (const bound of source.bounds) {
    if (keyFields.includes(bound.fieldPath)) continue;
    const text = `The index range included a comparison with "${bound.fieldPath}", but ${name} with fields ${list(keyFields)} doesn't index this field.`;
    throw new BackendError("FieldNotInIndex", text);
  }
  const bounded = new Set(parts.others.map((bound) => bound.fieldPath));
  if (bounded.size > 1) {
    const text = `Upper and lower bounds in \`range\` can only be applied to a single index field. This query against index ${name} attempted to set a range bound on both ${[...bounded].map((field) => `"${field}"`).join(" and ")}.`;
    throw new BackendError("BoundsOnMultipleFields", text);
  }
  checkOrder(name, keyFields, [
    ...parts.equalities.map((bound) => bound.fieldPath),
    ...bounded,
  ]);
}

/** Equalities come first and in index order; a bound, if any, is on the field after them. */
function checkOrder(name: string, keyFields: string[], used: string[]): void {
  const wrong = used.find((field, position) => field !== keyFields[position]);
  if (wrong === undefined) return;
  const fields = `Index fields: ${list(keyFields)}\nQuery fields: ${list(used)}\nFirst incorrect field: ${wrong}`;
  const text = `Tried to query index ${name} but the query didn't use the index fields in order.\n${fields}`;
  throw new BackendError(
    "InvalidIndexRange",
    `${text}\nFor more information see https://docs.convex.dev/using/indexes.`,
  );
}

function list(fields: readonly string[]): string {
  return `[${fields.map((field) => `"${field}"`).join(", ")}]`;
}

function invalidQuery(part: string): BackendError {
  return new BackendError("InvalidQuery", `Invalid ${part} in query.`);
}
