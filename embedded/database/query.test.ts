/** Scans, pages and read sets against a simple model: an array of documents. */
import { compareValues, jsonToConvex, type JSONValue } from "convex/values";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { intersects } from "./read-set";
import {
  collect,
  indexQuery,
  newTestDatabase,
  scanOf,
  schemaWith,
} from "./testing/test-database";
import type { Database, DocumentJson, PageRequest, Transaction } from "./types";

type Action = {
  kind: "insert" | "patch" | "remove";
  pick: number;
  a: JSONValue;
  b: number;
};

const field = fc.constantFrom<JSONValue>(1, 2, 3, "x", "y", null, true, {
  $integer: "AQAAAAAAAAA=",
});
const action: fc.Arbitrary<Action> = fc.record({
  kind: fc.constantFrom("insert", "insert", "patch", "remove"),
  pick: fc.nat(100),
  a: field,
  b: fc.nat(3),
});
const actions = fc.array(action, { maxLength: 40 });
const order = fc.constantFrom("asc", "desc");

function newIndexedDatabase(): Database {
  const { db } = newTestDatabase();
  db.applySchemas(new Map([["", schemaWith({ t: { by_a_b: ["a", "b"] } })]]));
  return db;
}

function perform(
  tx: Transaction,
  model: Map<string, DocumentJson>,
  list: Action[],
): void {
  for (const { kind, pick, a, b } of list) {
    const id = [...model.keys()][pick % Math.max(1, model.size)];
    if (kind === "insert" || id === undefined) {
      const created = tx.insert("", "t", { a, b });
      model.set(created, tx.get("", created, { isSystem: false }) ?? {});
    } else if (kind === "patch") model.set(id, tx.patch("", id, { a, b }));
    else {
      tx.remove("", id);
      model.delete(id);
    }
  }
}

function byFields(left: DocumentJson, right: DocumentJson): number {
  for (const name of ["a", "b", "_creationTime", "_id"]) {
    const result = compareValues(
      jsonToConvex(left[name] ?? null),
      jsonToConvex(right[name] ?? null),
    );
    if (result !== 0) return result;
  }
  return 0;
}

function expected(
  model: Map<string, DocumentJson>,
  direction: "asc" | "desc",
  keep: (d: DocumentJson) => boolean,
) {
  const sorted = [...model.values()].filter(keep).sort(byFields);
  return direction === "asc" ? sorted : sorted.reverse();
}

describe("index scans", () => {
  it("merge committed and pending rows in order, for any range", async () => {
    await fc.assert(
      fc.asyncProperty(
        actions,
        actions,
        field,
        fc.nat(3),
        order,
        async (before, during, a, b, direction) => {
          const db = newIndexedDatabase();
          const model = new Map<string, DocumentJson>();
          await db.write((tx) => perform(tx, model, before));
          const check = (tx: Transaction) => {
            const all = collect(tx, indexQuery("t.by_a_b", [], direction));
            expect(all).toEqual(expected(model, direction, () => true));
            const range = indexQuery(
              "t.by_a_b",
              [
                ["Eq", "a", a],
                ["Gt", "b", b],
              ],
              direction,
            );
            const inRange = (d: DocumentJson) =>
              JSON.stringify(d.a) === JSON.stringify(a) && Number(d.b) > b;
            expect(collect(tx, range)).toEqual(
              expected(model, direction, inRange),
            );
            const below = collect(
              tx,
              indexQuery("t.by_a_b", [["Lt", "a", a]], direction),
            );
            const isBelow = (d: DocumentJson) =>
              compareValues(jsonToConvex(d.a ?? null), jsonToConvex(a)) < 0;
            expect(below).toEqual(expected(model, direction, isBelow));
            expect(tx.count("", "t")).toBe(model.size);
          };
          await db.write((tx) => {
            const savepoint = tx.savepoint();
            perform(tx, new Map(model), during);
            tx.rollbackTo(savepoint);
            check(tx);
            perform(tx, model, during);
            check(tx);
          });
          db.read(check);
          db.close();
        },
      ),
      { numRuns: 150 },
    );
  });

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

  it("stop at the limit of documents read", async () => {
    const db = newIndexedDatabase();
    for (let i = 0; i < 3; i++)
      await db.write((tx) =>
        Array.from({ length: 11_000 }, () => tx.insert("", "t", {})),
      );
    expect(() => db.read((tx) => collect(tx, scanOf("t")))).toThrow(
      "Too many documents read in a single function execution (limit: 32000).",
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
  it("cover the range once, in order", async () => {
    await fc.assert(
      fc.asyncProperty(
        actions,
        actions,
        fc.integer({ min: 1, max: 7 }),
        order,
        async (before, during, pageSize, dir) => {
          const db = newIndexedDatabase();
          const model = new Map<string, DocumentJson>();
          await db.write((tx) => perform(tx, model, before));
          await db.write((tx) => {
            perform(tx, model, during);
            const query = indexQuery("t.by_a_b", [], dir);
            const seen: DocumentJson[] = [];
            let cursor: string | null = null;
            for (;;) {
              const page = tx.page("", pageOf({ query, cursor, pageSize }));
              seen.push(...page.page);
              const again = tx.page(
                "",
                pageOf({
                  query,
                  cursor,
                  endCursor: page.continueCursor,
                  pageSize: 1,
                }),
              );
              expect(again.page).toEqual(page.page);
              expect(again.continueCursor).toBe(page.continueCursor);
              cursor = page.continueCursor;
              if (page.isDone) break;
            }
            expect(seen).toEqual(expected(model, dir, () => true));
          });
          db.close();
        },
      ),
      { numRuns: 60 },
    );
  });

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

describe("read sets", () => {
  it("intersect every commit that changes the result", async () => {
    await fc.assert(
      fc.asyncProperty(
        actions,
        action,
        field,
        order,
        fc.nat(4),
        async (before, change, a, direction, limit) => {
          const db = newIndexedDatabase();
          const model = new Map<string, DocumentJson>();
          await db.write((tx) => perform(tx, model, before));
          const query = indexQuery("t.by_a_b", [["Gte", "a", a]], direction, [
            { limit },
          ]);
          const result = db.read((tx) => collect(tx, query));
          let touched = false;
          db.onCommit(
            (commit) => (touched ||= intersects(result.reads, commit)),
          );
          await db.write((tx) => perform(tx, model, [change]));
          const after = db.read((tx) => collect(tx, query)).value;
          if (JSON.stringify(after) !== JSON.stringify(result.value))
            expect(touched).toBe(true);
          db.close();
        },
      ),
      { numRuns: 200 },
    );
  });
});
