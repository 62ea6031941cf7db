/** Several transactions open at once: those that commit are as if they had run one after the other. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  ALL_INDEXES,
  arbitraryQuery,
  fields,
  queryOf,
  table,
  type QueryShape,
  type Table,
} from "./testing/arbitrary-query";
import {
  copyOf,
  emptyState,
  modelQuery,
  type ModelState,
} from "./testing/model-database";
import { collect, newTestDatabase } from "./testing/test-database";
import type { DocumentJson, HeldTransaction, Transaction } from "./types";

const OPEN = 3;
const who = fc.nat(OPEN - 1);
const weighted = <T>(weight: number, arbitrary: fc.Arbitrary<T>) => ({
  weight,
  arbitrary,
});
const happening = fc.oneof(
  weighted(4, fc.record({ kind: fc.constant("open" as const), who })),
  weighted(
    6,
    fc.record({ kind: fc.constant("insert" as const), who, table, fields }),
  ),
  weighted(
    2,
    fc.record({
      kind: fc.constant("remove" as const),
      who,
      table,
      pick: fc.nat(9),
    }),
  ),
  weighted(
    6,
    fc.record({
      kind: fc.constant("look" as const),
      who,
      query: arbitraryQuery(),
    }),
  ),
  weighted(3, fc.record({ kind: fc.constant("commit" as const), who })),
  weighted(1, fc.record({ kind: fc.constant("abandon" as const), who })),
);
type Happening = ReturnType<typeof happening.generate>["value"];
type Open = { held: HeldTransaction; state: ModelState; beginTs: bigint };

class Model {
  readonly #db = newTestDatabase().db;
  readonly #open = new Map<number, Open>();
  readonly #commits: { ts: bigint; state: ModelState }[] = [];
  #state = emptyState();

  constructor() {
    this.#db.applySchemas(new Map([["", ALL_INDEXES]]));
  }

  async perform(one: Happening): Promise<void> {
    if (one.kind === "open") return this.#begin(one.who);
    const open = this.#open.get(one.who);
    if (open === undefined) return;
    if (one.kind === "look") this.#look(open, one.query);
    else if (one.kind === "insert") this.#insert(open, one.table, one.fields);
    else if (one.kind === "remove") this.#remove(open, one.table, one.pick);
    else await this.#end(one.who, open, one.kind);
  }

  /** Every state that was committed can still be seen, and no other. */
  async end(queries: QueryShape[]): Promise<void> {
    for (const { ts, state } of this.#commits)
      for (const query of queries)
        this.#db.read((tx) => this.#expectQuery(tx, state, query), ts);
    this.#db.close();
  }

  #begin(id: number): void {
    if (this.#open.has(id)) return;
    const held = this.#db.hold("mutation");
    const beginTs = this.#db.latestTs;
    expect(held.tx.beginTs).toBe(beginTs);
    this.#open.set(id, { held, state: copyOf(this.#state), beginTs });
  }

  /** Once something else has committed, it cannot commit any more, and what it sees does not matter. */
  #look({ held, state, beginTs }: Open, query: QueryShape): void {
    if (this.#db.latestTs === beginTs) this.#expectQuery(held.tx, state, query);
  }

  #insert({ held, state }: Open, name: Table, value: DocumentJson): void {
    const id = held.tx.insert("", name, value);
    state[name].set(id, held.tx.get("", id, { isSystem: false }) ?? {});
  }

  #remove({ held, state }: Open, name: Table, pick: number): void {
    const id = [...state[name].keys()][pick % Math.max(1, state[name].size)];
    if (id === undefined) return;
    state[name].delete(id);
    if (held.tx.get("", id, { isSystem: false }) !== null)
      held.tx.remove("", id);
  }

  async #end(id: number, open: Open, how: "commit" | "abandon") {
    this.#open.delete(id);
    if (how === "abandon") return open.held.abandon();
    const isFirst = this.#db.latestTs === open.beginTs;
    const committed = open.held.commit();
    this.#db.flush();
    if (!isFirst)
      return expect(committed).rejects.toThrow(
        "Something was written while a transaction was held.",
      );
    const ts = await committed;
    this.#state = open.state;
    this.#commits.push({ ts, state: open.state });
  }

  #expectQuery(tx: Transaction, state: ModelState, query: QueryShape): void {
    expect(collect(tx, queryOf(query))).toEqual(modelQuery(state, query));
  }
}

describe("transactions held open at once", () => {
  it("see their own writes alone, and commit only if nothing else has", async () => {
    const queries = fc.array(arbitraryQuery(), { maxLength: 3 });
    await fc.assert(
      fc.asyncProperty(
        fc.array(happening, { maxLength: 40, size: "max" }),
        queries,
        async (happenings, asked) => {
          const model = new Model();
          for (const one of happenings) await model.perform(one);
          await model.end(asked);
        },
      ),
      { numRuns: 200, seed: 1 },
    );
  }, 60_000);
});
