import type { JSONValue } from "convex/values";
import { describe, expect, it } from "vitest";
import { collect, newTestDatabase, schemaWith } from "../testing/test-database";
import type { Database, QueryJson, SchemaJson } from "../types";

type Search = {
  searchField: string;
  filterFields?: string[];
  staged?: boolean;
};

function schemaWithSearch(indexes: { [name: string]: Search }): SchemaJson {
  const schema = schemaWith({ t: {} });
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

function searchable(filterFields: string[] = ["owner"]): Database {
  const { db } = newTestDatabase();
  const schema = schemaWithSearch({
    find: { searchField: "text", filterFields },
  });
  db.applySchemas(new Map([["", schema]]));
  return db;
}

function searchFor(
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
  return {
    source: {
      type: "Search",
      indexName: "t.find",
      filters: [search, ...equalities],
    },
    operators,
  };
}

function texts(db: Database, query: QueryJson): unknown[] {
  return db.read((tx) => collect(tx, query)).value.map(({ text }) => text);
}

describe("a search", () => {
  it("finds documents by any of its words", async () => {
    const db = searchable();
    await db.write((tx) => {
      for (const text of ["the quick fox", "a slow dog", "Quick, quick!"])
        tx.insert("", "t", { text });
    });
    expect(texts(db, searchFor("quick"))).toEqual([
      "Quick, quick!",
      "the quick fox",
    ]);
    expect(texts(db, searchFor("do"))).toEqual(["a slow dog"]);
    expect(texts(db, searchFor("dog slowly"))).toEqual(["a slow dog"]);
    expect(texts(db, searchFor(""))).toEqual([]);
  });
});
