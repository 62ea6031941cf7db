/** Schemas and queries of searches for tests: table "t", search index "find" on "text". */
import type { JSONValue } from "convex/values";
import type { Database, QueryJson, SchemaJson } from "../types";
import { collect, newTestDatabase, schemaWith } from "./test-database";

export type SearchIndexes = {
  [name: string]: {
    searchField: string;
    filterFields?: string[];
    staged?: boolean;
  };
};

export function schemaWithSearch(
  indexes: SearchIndexes,
  documentType: JSONValue = { type: "any" },
): SchemaJson {
  const schema = schemaWith({ t: { by_owner: ["owner"] } }, documentType);
  const json = (wanted: boolean) =>
    Object.entries(indexes)
      .filter(([, { staged = false }]) => staged === wanted)
      .map(([indexDescriptor, { searchField, filterFields = [] }]) => ({
        indexDescriptor,
        searchField,
        filterFields,
      }));
  const tables = schema.tables.map((table) => ({
    ...table,
    searchIndexes: json(false),
    stagedSearchIndexes: json(true),
  }));
  return { ...schema, tables };
}

export function declareSearch(db: Database, indexes: SearchIndexes): void {
  db.applySchemas(new Map([["", schemaWithSearch(indexes)]]));
}

/** Documents of "t" are found by "text", filtered by "owner" and "kind". */
export function newSearchDatabase(): Database {
  const { db } = newTestDatabase();
  declareSearch(db, {
    find: { searchField: "text", filterFields: ["owner", "kind"] },
  });
  return db;
}

export function searchQuery(
  text: string,
  filters: { [field: string]: JSONValue } = {},
  operators: JSONValue[] = [],
): QueryJson {
  const equalities = Object.entries(filters).map(([fieldPath, value]) => ({
    type: "Eq",
    fieldPath,
    value,
  }));
  const search = { type: "Search", fieldPath: "text", value: text };
  const conditions = [search, ...equalities];
  return {
    source: { type: "Search", indexName: "t.find", filters: conditions },
    operators,
  };
}

export async function insertTexts(
  db: Database,
  ...texts: string[]
): Promise<void> {
  await db.write((tx) => {
    for (const text of texts) tx.insert("", "t", { text });
  });
}

export function textsFound(db: Database, query: QueryJson): unknown[] {
  const { value } = db.read((tx) => collect(tx, query));
  return value.map(({ text }) => text);
}
