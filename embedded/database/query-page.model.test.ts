/** Pages, while documents come and go between them, against a model that knows where each page must begin and end. */
import type { JSONValue } from "convex/values";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  ALL_INDEXES,
  arbitraryQuery,
  fields,
  filter,
  queryOf,
  table,
  type QueryShape,
} from "./testing/arbitrary-query";
import {
  comparePositions,
  emptyState,
  holds,
  modelQuery,
  rowsInRange,
} from "./testing/model-database";
import { newTestDatabase } from "./testing/test-database";
import type { DocumentJson, PageRequest, PageResult } from "./types";

const query = arbitraryQuery(fc.array(filter, { maxLength: 1 }));
const change = fc.record({
  kind: fc.constantFrom("insert", "insert", "insert", "patch", "remove"),
  table,
  pick: fc.nat(50),
  fields,
});
const changes = fc.array(change, { maxLength: 12, size: "max" });
const turn = fc.record({
  pageSize: fc.integer({ min: 1, max: 5 }),
  maximumRowsRead: fc.option(fc.integer({ min: 1, max: 5 })),
  changes,
});
type Change = ReturnType<typeof change.generate>["value"];
type Limits = Pick<PageRequest, "pageSize" | "maximumRowsRead">;
/** Null before the first row; "end" after the last. */
type Position = DocumentJson | "end" | null;
type Page = { cursor: string | null; from: Position; until: Position };

class PagedModel {
  readonly #db = newTestDatabase().db;
  readonly #state = emptyState();
  readonly #shape: QueryShape;

  constructor(shape: QueryShape) {
    this.#db.applySchemas(new Map([["", ALL_INDEXES]]));
    this.#shape = shape;
  }

  async change(list: Change[]): Promise<void> {
    await this.#db.write((tx) => {
      for (const one of list) {
        const documents = this.#state[one.table];
        const id = [...documents.keys()][
          one.pick % Math.max(1, documents.size)
        ];
        if (one.kind === "insert" || id === undefined) {
          const created = tx.insert("", one.table, one.fields);
          documents.set(created, tx.get("", created, USER) ?? {});
        } else if (one.kind === "patch") {
          documents.set(id, tx.patch("", id, one.fields));
        } else {
          tx.remove("", id);
          documents.delete(id);
        }
      }
    });
  }

  /** Reads the page after `previous` and checks it against the model. */
  read(previous: Page | null, limits: Limits): Page & { result: PageResult } {
    const from = previous === null ? null : previous.until;
    const cursor = previous === null ? null : this.#cursorOf;
    const result = this.#page({ cursor, ...limits });
    const expected = this.#expected(from, limits);
    expect(result.page).toEqual(expected.page);
    expect(result.isDone).toBe(expected.until === "end");
    if (expected.isCut) expect(result.pageStatus).toBe("SplitRequired");
    this.#cursorOf = result.continueCursor;
    return { cursor, from, until: expected.until, result };
  }

  /** The same page later: its bounds hold, however many documents there are now. */
  readAgain(page: Page & { result: PageResult }): void {
    const endCursor = page.result.continueCursor;
    const rows = this.#between(page.from, page.until);
    const again = this.#page({ cursor: page.cursor, endCursor, pageSize: 1 });
    expect(again.page).toEqual(rows);
    expect(again.continueCursor).toBe(endCursor);
    const replayed = this.#page(
      { cursor: page.cursor, pageSize: 1 },
      endCursor,
    );
    expect(replayed).toEqual(again);
    this.#expectSplit(page, again);
  }

  /** Every document once, when nothing changes any more. */
  readAll(pageSize: number): void {
    const seen: DocumentJson[] = [];
    let cursor: string | null = null;
    for (;;) {
      const result = this.#page({ cursor, pageSize });
      seen.push(...result.page);
      cursor = result.continueCursor;
      if (result.isDone) break;
    }
    expect(seen).toEqual(modelQuery(this.#state, this.#shape));
    const after = this.#page({ cursor, pageSize });
    expect(after).toMatchObject({ page: [], isDone: true });
  }

  refuseElsewhere(other: QueryShape): void {
    const same = JSON.stringify(queryOf(this.#shape));
    if (this.#cursorOf === null || JSON.stringify(queryOf(other)) === same)
      return;
    const cursor = this.#cursorOf;
    const request = { ...REQUEST, query: queryOf(other), cursor };
    expect(() => this.#db.read((tx) => tx.page("", request))).toThrow(
      "InvalidCursor: Tried to run a query starting from a cursor, but it looks like this cursor is from a different query.",
    );
  }

  end(): void {
    this.#db.close();
  }

  #cursorOf: string | null = null;

  #expectSplit(page: Page, whole: PageResult): void {
    const { splitCursor } = whole;
    expect(splitCursor === null).toBe(whole.page.length <= 2);
    if (splitCursor === null) return;
    const halves = [
      { cursor: page.cursor, endCursor: splitCursor },
      { cursor: splitCursor, endCursor: whole.continueCursor },
    ].map((bounds) => this.#page({ ...bounds, pageSize: 1 }).page);
    expect(halves.every((half) => half.length > 0)).toBe(true);
    expect(halves.flat()).toEqual(whole.page);
  }

  #page(
    request: Partial<PageRequest>,
    journal: string | null = null,
  ): PageResult {
    const whole = { ...REQUEST, query: queryOf(this.#shape), ...request };
    return this.#db.read((tx) => tx.page("", whole, journal)).value;
  }

  #expected(from: Position, limits: Limits) {
    const page: DocumentJson[] = [];
    let until = from;
    let rows = 0;
    for (const document of this.#rowsAfter(from)) {
      if (page.length === limits.pageSize) return { page, until, isCut: false };
      if (rows === (limits.maximumRowsRead ?? Infinity))
        return { page, until, isCut: true };
      rows += 1;
      until = document;
      if (this.#passes(document)) page.push(document);
    }
    const isFull = page.length === limits.pageSize;
    const isCut = rows === (limits.maximumRowsRead ?? Infinity);
    return isFull || isCut
      ? { page, until, isCut: isCut && !isFull }
      : { page, until: "end" as const, isCut: false };
  }

  #between(from: Position, until: Position): DocumentJson[] {
    return this.#rowsAfter(from).filter(
      (document) =>
        this.#passes(document) &&
        (until === "end" ||
          (until !== null &&
            comparePositions(this.#shape, document, until) <= 0)),
    );
  }

  #rowsAfter(from: Position): DocumentJson[] {
    if (from === "end") return [];
    return rowsInRange(this.#state, this.#shape).filter(
      (document) =>
        from === null || comparePositions(this.#shape, document, from) > 0,
    );
  }

  #passes(document: DocumentJson): boolean {
    return this.#shape.operators.every((operator) =>
      "filter" in operator ? holds(operator.filter, document) : true,
    );
  }
}

const USER = { isSystem: false };
const REQUEST = {
  cursor: null,
  endCursor: null,
  pageSize: 3,
  maximumRowsRead: null,
  maximumBytesRead: null,
};

describe("pages", () => {
  it("join without gap or repeat and keep their bounds, whatever is written between them", async () => {
    await fc.assert(
      fc.asyncProperty(
        query,
        query,
        changes,
        fc.array(turn, { minLength: 1, maxLength: 6 }),
        async (shape, other, before, turns) => {
          const model = new PagedModel(shape);
          await model.change(before);
          const pages: ReturnType<PagedModel["read"]>[] = [];
          for (const { changes: between, ...limits } of turns) {
            const page = model.read(pages.at(-1) ?? null, limits);
            pages.push(page);
            await model.change(between);
            for (const earlier of pages) model.readAgain(earlier);
            if (page.until === "end") break;
          }
          model.refuseElsewhere(other);
          model.readAll(turns[0]?.pageSize ?? 1);
          model.end();
        },
      ),
      { numRuns: 150, seed: 1 },
    );
  }, 60_000);

  it.each<[string, Partial<PageRequest>, string]>([
    ["no documents", { pageSize: 0 }, "NoDocumentsForPagination"],
    ["too many documents", { pageSize: 32_001 }, "PageSizeTooLarge"],
    ["a cursor that is none", { cursor: "abc" }, "InvalidCursor"],
    ["an end cursor that is none", { endCursor: "_end_" }, "InvalidCursor"],
  ])("are refused: %s", (_name, request, code) => {
    const { db } = newTestDatabase();
    const source: JSONValue = { type: "FullTableScan", tableName: "t" };
    const whole = { ...REQUEST, query: { source, operators: [] }, ...request };
    let error: unknown = null;
    try {
      db.read((tx) => tx.page("", whole));
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toMatchObject({ code });
  });
});
