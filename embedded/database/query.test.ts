/** Single rules of scans and pages; `*.model.test.ts` has them in any combination. */
import { describe, expect, it } from "vitest";
import {
  collect,
  indexQuery,
  newTestDatabase,
  scanOf,
  schemaWith,
} from "./testing/test-database";
import type { Database, PageRequest } from "./types";

function newIndexedDatabase(): Database {
  const { db } = newTestDatabase();
  db.applySchemas(new Map([["", schemaWith({ t: { by_a_b: ["a", "b"] } })]]));
  return db;
}

describe("index scans", () => {
  it("read no more than they return", async () => {
    const db = newIndexedDatabase();
    await db.write((tx) =>
      Array.from({ length: 50 }, (_, b) => tx.insert("", "t", { a: 1, b })),
    );
    const { reads, value } = db.read((tx) => {
      collect(
        tx,
        indexQuery("t.by_a_b", [["Eq", "a", 1]], "asc", [{ limit: 2 }]),
      );
      return tx.metrics;
    });
    expect(value).toMatchObject({ documentsRead: 2, databaseQueries: 1 });
    expect(reads.ranges.get(":t:by_a_b")).toHaveLength(1);
  });

  it("filter after the scan and count limits after preceding filters", async () => {
    const db = newIndexedDatabase();
    await db.write((tx) =>
      [1, 2, 3, 4, 5, 6].map((b) => tx.insert("", "t", { b })),
    );
    const filter = {
      filter: {
        $gt: [{ $add: [{ $field: "b" }, { $literal: 1 }] }, { $literal: 3 }],
      },
    };
    const { value } = db.read((tx) =>
      collect(tx, scanOf("t", "asc", [filter, { limit: 2 }])),
    );
    expect(value.map(({ b }) => b)).toEqual([3, 4]);
    const wrong = { filter: { $add: [{ $field: "b" }, { $literal: "x" }] } };
    expect(() =>
      db.read((tx) => collect(tx, scanOf("t", "asc", [wrong]))),
    ).toThrow("Cannot add 1.0 (type float64)");
  });

  it.each([
    [
      indexQuery("t.by_a_b", [["Eq", "b", 1]]),
      "didn't use the index fields in order",
    ],
    [
      indexQuery("t.by_a_b", [
        ["Gt", "a", 1],
        ["Gte", "a", 1],
      ]),
      "Already defined lower bound",
    ],
    [
      indexQuery("t.by_a_b", [
        ["Gt", "a", 1],
        ["Lt", "b", 1],
      ]),
      "can only be applied to a single index field",
    ],
    [indexQuery("t.by_a_b", [["Eq", "c", 1]]), "doesn't index this field"],
    [indexQuery("t.nope", []), "Index t.nope not found."],
  ])("refuse ranges that break the rules", (query, text) => {
    expect(() => newIndexedDatabase().read((tx) => collect(tx, query))).toThrow(
      text,
    );
  });
});

function pageOf(request: Partial<PageRequest>): PageRequest {
  const query = indexQuery("t.by_a_b", []);
  return {
    query,
    cursor: null,
    endCursor: null,
    pageSize: 3,
    maximumRowsRead: null,
    maximumBytesRead: null,
    ...request,
  };
}

describe("pages", () => {
  it("grow with inserts when run with their journal", async () => {
    const db = newIndexedDatabase();
    await db.write((tx) =>
      [1, 2, 5, 6].map((b) => tx.insert("", "t", { a: 1, b })),
    );
    const first = db.read((tx) => tx.page("", pageOf({}))).value;
    await db.write((tx) => tx.insert("", "t", { a: 1, b: 3 }));
    const again = db.read((tx) =>
      tx.page("", pageOf({}), first.continueCursor),
    ).value;
    expect(again.page.map(({ b }) => b)).toEqual([1, 2, 3, 5]);
  });

  it("stop early at the rows they may read", async () => {
    const db = newIndexedDatabase();
    await db.write((tx) =>
      [1, 2, 3, 4, 5].map((b) => tx.insert("", "t", { a: 1, b })),
    );
    const page = db.read((tx) =>
      tx.page("", pageOf({ pageSize: 5, maximumRowsRead: 3 })),
    ).value;
    expect(page).toMatchObject({ isDone: false, pageStatus: "SplitRequired" });
    expect(page.page).toHaveLength(3);
    const first = db.read((tx) =>
      tx.page("", pageOf({ endCursor: page.splitCursor })),
    ).value;
    expect(first.page).toHaveLength(2);
  });

  it("refuse cursors of other queries and nonsense", async () => {
    const db = newIndexedDatabase();
    await db.write((tx) => tx.insert("", "t", {}));
    const { continueCursor } = db.read((tx) => tx.page("", pageOf({}))).value;
    const other = pageOf({ query: scanOf("t"), cursor: continueCursor });
    expect(() => db.read((tx) => tx.page("", other))).toThrow(
      "this cursor is from a different query",
    );
    expect(() => db.read((tx) => tx.page("", pageOf({ cursor: "x" })))).toThrow(
      "Failed to parse cursor",
    );
    expect(() =>
      db.read((tx) => tx.page("", pageOf({ pageSize: 0 }))),
    ).toThrow();
  });
});
