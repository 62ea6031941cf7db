import type { JSONValue } from "convex/values";
import { describe, expect, it } from "vitest";
import {
  declareSearch,
  insertTexts,
  newSearchDatabase,
  schemaWithSearch,
  searchQuery,
  textsFound,
} from "../testing/search-database";
import { collect, indexQuery, newTestDatabase } from "../testing/test-database";
import type { Database, QueryJson } from "../types";

function read(db: Database, query: QueryJson): unknown {
  return db.read((tx) => collect(tx, query)).value;
}

describe("a search", () => {
  it("finds documents by any of its words, the last also as a beginning", async () => {
    const db = newSearchDatabase();
    await insertTexts(db, "the quick fox", "a slow dog", "Quick, quick!");
    const found = (text: string) => textsFound(db, searchQuery(text));
    expect(found("quick")).toEqual(["Quick, quick!", "the quick fox"]);
    expect(found("QUICK dogs")).toEqual(["Quick, quick!", "the quick fox"]);
    expect(found("do")).toEqual(["a slow dog"]);
    expect(found("do quick")).toEqual(["Quick, quick!", "the quick fox"]);
    expect([found(""), found(" -- "), found("ick")]).toEqual([[], [], []]);
  });

  it("ranks by relevance, and equal documents newest first", async () => {
    const db = newSearchDatabase();
    await insertTexts(
      db,
      "common rare",
      "common one",
      "common two",
      "common much longer text than all of the others here",
    );
    expect(textsFound(db, searchQuery("common rare"))).toEqual([
      "common rare",
      "common two",
      "common one",
      "common much longer text than all of the others here",
    ]);
  });

  it("prefers whole words to words that only start alike", async () => {
    const db = newSearchDatabase();
    await insertTexts(db, "cat", "category", "catalogue");
    expect(textsFound(db, searchQuery("cat"))).toEqual([
      "cat",
      "catalogue",
      "category",
    ]);
  });

  it("holds every equality, by Convex's notion of equal", async () => {
    const db = newSearchDatabase();
    const one = { $integer: "AQAAAAAAAAA=" };
    await db.write((tx) => {
      const insert = (text: string, fields: { [name: string]: JSONValue }) =>
        tx.insert("", "t", { text, ...fields });
      insert("word a", { owner: 1, kind: "x" });
      insert("word b", { owner: one, kind: "x" });
      insert("word c", { kind: "x" });
      insert("word d", { owner: null });
    });
    const found = (filters: { [field: string]: JSONValue }) =>
      textsFound(db, searchQuery("word", filters));
    expect(found({ owner: 1 })).toEqual(["word a"]);
    expect(found({ owner: one })).toEqual(["word b"]);
    expect(found({ owner: { $undefined: null } })).toEqual(["word c"]);
    expect(found({ owner: null })).toEqual(["word d"]);
    expect(found({ kind: "x", owner: 1 })).toEqual(["word a"]);
    expect(found({ kind: "y" })).toEqual([]);
  });

  it("applies filters and limits after ranking", async () => {
    const db = newSearchDatabase();
    await insertTexts(db, "a x x x", "a x x", "a x");
    const notFirst = {
      filter: { $neq: [{ $field: "text" }, { $literal: "a x x x" }] },
    };
    expect(
      textsFound(db, searchQuery("x", {}, [notFirst, { limit: 1 }])),
    ).toEqual(["a x x"]);
    expect(
      textsFound(db, searchQuery("x", {}, [{ limit: 1 }, notFirst])),
    ).toEqual([]);
  });

  it("reads nested fields, and skips documents whose field is not text", async () => {
    const { db } = newTestDatabase();
    declareSearch(db, {
      find: { searchField: "text.body", filterFields: ["text.lang"] },
    });
    await db.write((tx) => {
      tx.insert("", "t", { text: { body: "deep word", lang: "en" } });
      tx.insert("", "t", { text: { body: 7 } });
      tx.insert("", "t", { text: "word" });
    });
    const query = searchQuery("word", { "text.lang": "en" });
    const source = JSON.parse(
      JSON.stringify(query.source).replace('"text"', '"text.body"'),
    ) as JSONValue;
    expect(read(db, { ...query, source })).toMatchObject([
      { text: { body: "deep word" } },
    ]);
  });

  it("uses the first 16 words only", async () => {
    const db = newSearchDatabase();
    await insertTexts(db, "last", "w15");
    const words = Array.from({ length: 16 }, (_, at) => `w${at}`).join(" ");
    expect(textsFound(db, searchQuery(`${words} last`))).toEqual(["w15"]);
  });

  it("fails beyond 1024 documents, and stops before", async () => {
    const db = newSearchDatabase();
    const texts = Array.from({ length: 1100 }, (_, at) => `same ${at}`);
    await insertTexts(db, ...texts);
    expect(() => textsFound(db, searchQuery("same"))).toThrow(
      "Search query scanned too many documents (fetched 1024). Consider using a smaller limit, paginating the query, or using a filter field to limit the number of documents pulled from the search index.",
    );
    const first = textsFound(db, searchQuery("same", {}, [{ limit: 1023 }]));
    expect(first).toEqual(texts.toReversed().slice(0, 1023));
  });
});

describe("a search that is wrong", () => {
  const fails = (filters: JSONValue[], indexName = "t.find") => {
    const db = newSearchDatabase();
    const source = { type: "Search", indexName, filters };
    return expect(() => read(db, { source, operators: [] }));
  };
  const search = { type: "Search", fieldPath: "text", value: "x" };

  it("in its index is told which index it is", () => {
    fails([search], "t.other").toThrow("Index t.other not found.");
    fails([search], "nothing.find").toThrow("Index nothing.find not found.");
    fails([search], "t.by_owner").toThrow(
      "Index t.by_owner is not a search index",
    );
    expect(() => read(newSearchDatabase(), indexQuery("t.find", []))).toThrow(
      "Index t.find is not a database index",
    );
  });
  it("in its fields is told which field it is", () => {
    fails([{ ...search, fieldPath: "owner" }]).toThrow(
      'Search query against t.find contains a search filter against "owner", which doesn\'t match the indexed `searchField` "text".',
    );
    fails([search, search]).toThrow(
      'Search query against t.find contains multiple search filters against "text". Only one is allowed.',
    );
    fails([search, { type: "Eq", fieldPath: "text", value: "x" }]).toThrow(
      'Search query against t.find contains an equality filter on "text" but that field isn\'t indexed for filtering in `filterFields`.',
    );
    fails([]).toThrow(
      'Search query against t.find does not contain any search filters. You must include a search filter like `q.search("text", searchText)`.',
    );
  });
  it("by too many equalities is told how many there may be", () => {
    const equality = { type: "Eq", fieldPath: "owner", value: "x" };
    fails([search, ...Array<JSONValue>(9).fill(equality)]).toThrow(
      "Search query against t.find has too many filter conditions. Max: 8 Actual: 9",
    );
  });
});

describe("a search index", () => {
  it("is filled with the documents that exist, also in the commit that declares it", async () => {
    const { db } = newTestDatabase();
    await insertTexts(db, "old word");
    await db.write((tx) => {
      tx.insert("", "t", { text: "new word" });
      declareSearch(db, { find: { searchField: "text" } });
    });
    expect(textsFound(db, searchQuery("word"))).toEqual([
      "new word",
      "old word",
    ]);
  });

  it("is kept as staged until it is enabled", async () => {
    const db = newSearchDatabase();
    const filterFields = ["owner", "kind"];
    const find = { searchField: "text", filterFields };
    declareSearch(db, { find: { ...find, staged: true } });
    await insertTexts(db, "word");
    expect(() => textsFound(db, searchQuery("word"))).toThrow(
      "Index t.find is currently staged and not available to query until it is enabled.",
    );
    declareSearch(db, { find });
    expect(textsFound(db, searchQuery("word"))).toEqual(["word"]);
  });

  it("is another one when its fields change, and gone when it is not declared", async () => {
    const db = newSearchDatabase();
    await db.write((tx) =>
      tx.insert("", "t", { text: "word", title: "heading" }),
    );
    declareSearch(db, { find: { searchField: "title" } });
    const source = {
      type: "Search",
      indexName: "t.find",
      filters: [{ type: "Search", fieldPath: "title", value: "heading" }],
    };
    expect(read(db, { source, operators: [] })).toHaveLength(1);
    declareSearch(db, {});
    expect(() => textsFound(db, searchQuery("word"))).toThrow(
      "Index t.find not found.",
    );
  });

  const refused = (searchIndexes: Parameters<typeof schemaWithSearch>[0]) => {
    const documentType = {
      type: "object",
      value: {
        text: { fieldType: { type: "string" }, optional: false },
        owner: { fieldType: { type: "string" }, optional: false },
      },
    };
    const schema = schemaWithSearch(searchIndexes, documentType);
    return expect(() => newTestDatabase().db.validateSchema("", schema));
  };
  it("must be well declared", () => {
    refused({ find: { searchField: "body" } }).toThrow(
      'In table "t" the index "find" is invalid because it references the field body that does not exist.',
    );
    refused({
      find: { searchField: "text", filterFields: ["kind"] },
    }).toThrow("it references the field kind that does not exist");
    refused({ find: { searchField: "a b" } }).toThrow(
      '"a b" is not a path of identifiers',
    );
    refused({ by_owner: { searchField: "text" } }).toThrow(
      "another index has the same name",
    );
    refused({
      one: { searchField: "text" },
      two: { searchField: "text" },
    }).toThrow('the search indexes "one" and "two" have the same');
    const filterFields = Array.from({ length: 17 }, (_, at) => `f${at}`);
    refused({ find: { searchField: "text", filterFields } }).toThrow(
      "it has 17 filter fields (limit: 16)",
    );
  });
  it("may use system fields and more than one combination of filters", () => {
    refused({
      one: { searchField: "text", filterFields: ["_id"] },
      two: { searchField: "text", filterFields: ["owner", "owner"] },
    }).not.toThrow();
  });
});
