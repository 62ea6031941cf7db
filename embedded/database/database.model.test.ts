/** Transactions, queries, schemas, earlier timestamps and read sets against a model of maps and arrays. */
import type { JSONValue } from "convex/values";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ReadSetIndex } from "./read-set-index";
import {
  arbitraryQuery,
  fields,
  indexSets,
  isDeclared,
  queryOf,
  schemaOf,
  table,
  type IndexShape,
  type QueryShape,
  type Table,
} from "./testing/arbitrary-query";
import {
  copyOf,
  emptyState,
  isInRange,
  modelQuery,
  type ModelState,
} from "./testing/model-database";
import { collect, newTestDatabase } from "./testing/test-database";
import type { DocumentJson, Transaction } from "./types";

const change = fc.record({
  kind: fc.constantFrom("insert", "insert", "patch", "replace", "remove"),
  table,
  pick: fc.nat(50),
  fields,
});
const part = fc.oneof(
  { weight: 4, arbitrary: change },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("begin" as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("undo" as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("keep" as const) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("look" as const),
      query: arbitraryQuery(),
    }),
  },
);
const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant("write" as const),
      parts: fc.array(part, { maxLength: 8 }),
      fails: fc.integer({ min: 0, max: 5 }).map((n) => n === 0),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("flush" as const) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("schema" as const),
      indexes: indexSets,
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("watch" as const),
      query: arbitraryQuery(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("past" as const),
      query: arbitraryQuery(),
      pick: fc.nat(50),
    }),
  },
);
type Change = ReturnType<typeof change.generate>["value"];
type Part = ReturnType<typeof part.generate>["value"];
type Step = ReturnType<typeof step.generate>["value"];
type Watch = {
  shape: QueryShape;
  result: DocumentJson[];
  isStale: boolean;
};

class Model {
  readonly #db = newTestDatabase().db;
  readonly #reads = new ReadSetIndex<Watch>();
  readonly #watches = new Set<Watch>();
  readonly #past: { ts: bigint; state: ModelState }[] = [];
  readonly #writes: Promise<void>[] = [];
  #state = emptyState();
  /** As of the last durable commit. */
  #durable = emptyState();
  #indexes: IndexShape[] = [];
  #changed: [Table, DocumentJson][] = [];

  constructor() {
    this.#db.onCommit((commit) => {
      for (const watch of this.#reads.touched(commit)) watch.isStale = true;
    });
  }

  perform(one: Step): void {
    switch (one.kind) {
      case "write":
        return this.#write(one.parts, one.fails);
      case "flush":
        return this.#flush();
      case "schema":
        return this.#applySchema(one.indexes);
      case "watch":
        return this.#watch(one.query);
      case "past":
        return this.#lookBack(one.query, one.pick);
      default:
        return one satisfies never;
    }
  }

  async end(): Promise<void> {
    this.#flush();
    await Promise.all(this.#writes);
    const order = this.#past.map(({ ts }) => ts);
    expect(order).toEqual(order.toSorted((a, b) => Number(a - b)));
    for (const { ts, state } of this.#past) this.#expectAll(state, ts);
    this.#db.close();
  }

  /** Nothing is awaited: writes that follow each other share a group. */
  #write(parts: Part[], fails: boolean): void {
    const state = copyOf(this.#state);
    const before = this.#changed.length;
    const written = this.#db.write((tx) => {
      this.#inTransaction(tx, state, parts);
      if (fails) throw new Error("on purpose");
    });
    if (fails) {
      this.#changed.length = before;
      this.#writes.push(expectRefusal(written));
      return;
    }
    const hasChanged = this.#changed.length > before;
    this.#state = state;
    this.#writes.push(
      written.then(({ ts }) => {
        if (hasChanged) this.#past.push({ ts, state });
      }),
    );
  }

  #inTransaction(tx: Transaction, state: ModelState, parts: Part[]): void {
    const open: { savepoint: number; saved: ModelState }[] = [];
    for (const one of parts) {
      if (one.kind === "begin")
        open.push({ savepoint: tx.savepoint(), saved: copyOf(state) });
      else if (one.kind === "keep") open.pop();
      else if (one.kind === "undo") {
        const undone = open.pop();
        if (undone === undefined) continue;
        tx.rollbackTo(undone.savepoint);
        for (const name of ["t", "u"] as const) {
          state[name].clear();
          for (const [id, it] of undone.saved[name]) state[name].set(id, it);
        }
      } else if (one.kind === "look") this.#expectQuery(tx, state, one.query);
      else this.#change(tx, state, one);
    }
    for (const name of ["t", "u"] as const)
      expect(tx.count("", name)).toBe(state[name].size);
  }

  #change(tx: Transaction, state: ModelState, one: Change): void {
    const documents = state[one.table];
    const id = [...documents.keys()][one.pick % Math.max(1, documents.size)];
    const before = id === undefined ? undefined : documents.get(id);
    if (one.kind === "insert" || id === undefined || before === undefined) {
      const created = tx.insert("", one.table, one.fields);
      const { _creationTime = 0 } = tx.get("", created, USER) ?? {};
      const system = { _id: created, _creationTime };
      this.#put(state, one.table, { ...present(one.fields), ...system });
      return;
    }
    this.#changed.push([one.table, before]);
    const { _id = "", _creationTime = 0 } = before;
    if (one.kind === "remove") {
      expect(tx.remove("", id)).toEqual(before);
      documents.delete(id);
      expect(tx.get("", id, USER)).toBeNull();
      return;
    }
    const base = one.kind === "patch" ? before : { _id, _creationTime };
    const after = present({ ...base, ...one.fields });
    const result =
      one.kind === "patch"
        ? tx.patch("", id, one.fields)
        : tx.replace("", id, one.fields);
    expect(result).toEqual(after);
    this.#put(state, one.table, after);
    expect(tx.get("", id, USER)).toEqual(after);
  }

  #put(state: ModelState, name: Table, document: DocumentJson): void {
    this.#changed.push([name, document]);
    state[name].set(String(document["_id"]), document);
  }

  /** What is not stale must be as before; what is stale must have had a reason. */
  #flush(): void {
    this.#db.flush();
    this.#durable = this.#state;
    for (const watch of this.#watches) {
      const { shape } = watch;
      const isTouched = this.#changed.some(
        ([name, document]) =>
          name === shape.table && isInRange(document, shape),
      );
      if (watch.isStale) expect(isTouched).toBe(true);
      else if (isDeclared(shape, this.#indexes))
        expect(watch.result).toEqual(modelQuery(this.#durable, shape));
      if (!watch.isStale) continue;
      this.#watches.delete(watch);
      this.#reads.remove(watch);
    }
    this.#changed = [];
  }

  #watch(shape: QueryShape): void {
    this.#flush();
    if (!isDeclared(shape, this.#indexes)) return this.#expectMissing(shape);
    const { value, reads } = this.#db.read((tx) => {
      this.#expectQuery(tx, this.#durable, shape);
      return collect(tx, queryOf(shape));
    });
    const watch = { shape, result: value, isStale: false };
    this.#watches.add(watch);
    this.#reads.add(watch, reads);
  }

  #expectQuery(tx: Transaction, state: ModelState, shape: QueryShape): void {
    if (isDeclared(shape, this.#indexes))
      expect(collect(tx, queryOf(shape))).toEqual(modelQuery(state, shape));
  }

  #expectMissing(shape: QueryShape): void {
    if (this.#db.tables("").includes(shape.table) && shape.table === "u")
      expect(() => this.#db.read((tx) => collect(tx, queryOf(shape)))).toThrow(
        `Index ${shape.table}.${shape.index.name} not found.`,
      );
  }

  /** Queries by index depend on the schema as well, so what was watched is forgotten, as a push does. */
  #applySchema(indexes: IndexShape[]): void {
    this.#flush();
    this.#db.applySchemas(new Map([["", schemaOf(indexes)]]));
    this.#indexes = indexes;
    for (const watch of this.#watches) this.#reads.remove(watch);
    this.#watches.clear();
  }

  #lookBack(shape: QueryShape, pick: number): void {
    this.#flush();
    const past = this.#past[pick % Math.max(1, this.#past.length)];
    if (past === undefined || !isDeclared(shape, this.#indexes)) return;
    this.#db.read((tx) => {
      this.#expectQuery(tx, past.state, shape);
      expect(tx.count("", shape.table)).toBe(past.state[shape.table].size);
    }, past.ts);
  }

  #expectAll(state: ModelState, ts: bigint): void {
    this.#db.read((tx) => {
      for (const name of ["t", "u"] as const) {
        const source = { type: "FullTableScan", tableName: name, order: null };
        const found = collect(tx, { source, operators: [] });
        const byId = new Map(found.map((it) => [String(it["_id"]), it]));
        expect(byId).toEqual(state[name]);
      }
    }, ts);
  }
}

async function expectRefusal(written: Promise<unknown>): Promise<void> {
  const error: unknown = await written.catch((reason: unknown) => reason);
  expect(error).toMatchObject({ message: "on purpose" });
}

const USER = { isSystem: false };

function present(document: DocumentJson): DocumentJson {
  const isMissing = (value: JSONValue) =>
    typeof value === "object" && value !== null && "$undefined" in value;
  return Object.fromEntries(
    Object.entries(document).filter(([, value]) => !isMissing(value)),
  );
}

describe("a database", () => {
  it("is its model, whatever is written, undone, indexed, asked and looked back at", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 25, size: "max" }),
        async (steps) => {
          const model = new Model();
          for (const one of steps) model.perform(one);
          await model.end();
        },
      ),
      { numRuns: 250, seed: 1 },
    );
  }, 60_000);
});
