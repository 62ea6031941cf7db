import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { encodeKey, keyAfter, prefixEnd } from "../values/index-key";
import type {
  DocumentStorage,
  ScanRequest,
  StoredDocument,
} from "./document-storage";
import { ReadCache } from "./read-cache";
import { openSqliteStorage } from "./sqlite-storage";

const INDEXES = [1, 2, 3];
const ORDERS = ["asc", "desc"] as const;
const letter = fc.constantFrom("a", "b", "c");
const pick = fc.nat(1000);
/** Two fields, as an index over a group and a name has them. */
const fields = fc.tuple(letter, letter, fc.nat(3));

const change = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant("insert" as const), fields }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("update" as const),
      pick,
      size: fc.nat(60),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant("move" as const), pick, fields }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant("delete" as const), pick }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constantFrom("commit" as const, "rollback" as const),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constantFrom("drop" as const, "exchange" as const),
    }),
  },
);
const read = fc.record({
  kind: fc.constant("read" as const),
  index: fc.constantFrom(...INDEXES),
  range: fc.oneof(
    fc.array(letter, { maxLength: 2 }).map(prefixRange),
    fc.tuple(letter, letter).map(boundsRange),
    fields.map(pointRange),
  ),
  order: fc.constantFrom(...ORDERS),
  limit: fc.constantFrom(1, 2, 3, 40),
});
type Step = typeof change extends fc.Arbitrary<infer T> ? T : never;
type Read = typeof read extends fc.Arbitrary<infer T> ? T : never;
type Range = Pick<ScanRequest, "start" | "end">;

function prefixRange(prefix: string[]): Range {
  const start = encodeKey(prefix);
  return { start, end: prefixEnd(start) };
}
function boundsRange([from, to]: [string, string]): Range {
  return { start: encodeKey([from]), end: prefixEnd(encodeKey([to])) };
}
function pointRange(values: [string, string, number]): Range {
  const start = encodeKey(values);
  return { start, end: keyAfter(start) };
}

type Stored = { rowId: number; fields: [string, string, number] };

/** The same storage with and without the cache: whatever is read must be the same. */
class Pair {
  readonly #direct: DocumentStorage = openSqliteStorage(":memory:");
  readonly #cached: ReadCache;
  #documents: Stored[] = [];
  #committed: Stored[] = [];
  #texts = 0;

  constructor(maxBytes: number) {
    this.#cached = new ReadCache(this.#direct, maxBytes);
    this.#cached.begin();
  }

  perform(step: Step | Read): void {
    const at =
      "pick" in step ? step.pick % Math.max(1, this.#documents.length) : 0;
    const stored = this.#documents[at];
    if (step.kind === "read") this.#read(step);
    else if (step.kind === "insert") this.#insert(step.fields);
    else if (step.kind === "commit" || step.kind === "rollback")
      this.#end(step.kind);
    else if (step.kind === "drop") this.#cached.dropIndex(2);
    else if (step.kind === "exchange") this.#exchange();
    else if (stored !== undefined) this.#change(step, stored, at);
  }

  #change(
    step: Exclude<Step, { kind: "insert" }>,
    stored: Stored,
    at: number,
  ): void {
    if (step.kind === "update") this.#update(stored.rowId, step.size);
    if (step.kind === "delete") {
      this.#cached.deleteDocument(stored.rowId);
      this.#entries("removeEntry", stored);
      this.#documents = this.#documents.toSpliced(at, 1);
    }
    if (step.kind !== "move" || this.#has(step.fields)) return;
    this.#update(stored.rowId, 5);
    this.#entries("removeEntry", stored);
    const moved = { ...stored, fields: step.fields };
    this.#entries("addEntry", moved);
    this.#documents = this.#documents.with(at, moved);
  }

  #read({ index: indexId, range, order, limit }: Read): void {
    const request = { indexId, ...range, order, limit };
    expect(plain(this.#cached.scan(request))).toEqual(
      plain(this.#direct.scan(request)),
    );
    for (const key of [range.start, range.end ?? range.start]) {
      const found = this.#cached.find(indexId, key);
      expect(document(found)).toEqual(
        document(this.#direct.find(indexId, key)),
      );
    }
    for (const { rowId } of this.#documents.slice(0, 3))
      expect(this.#cached.findRow(rowId)?.json).toEqual(
        this.#direct.findRow(rowId)?.json,
      );
  }

  #insert(values: [string, string, number]): void {
    if (this.#has(values)) return;
    const json = this.#text(10);
    const stored = {
      rowId: this.#cached.insertDocument({ size: json.length, json }),
      fields: values,
    };
    this.#entries("addEntry", stored);
    this.#documents = [...this.#documents, stored];
  }

  #has(values: [string, string, number]): boolean {
    return this.#documents.some((one) => `${one.fields}` === `${values}`);
  }

  #update(rowId: number, size: number): void {
    const json = this.#text(size);
    this.#cached.updateDocument({ rowId, size: json.length, json });
  }

  /** What is in index 3 was exchanged; 2 may have been dropped. */
  #entries(
    method: "addEntry" | "removeEntry",
    { rowId, fields: values }: Stored,
  ): void {
    for (const indexId of method === "addEntry" ? [1, 2] : INDEXES)
      this.#cached[method](indexId, encodeKey(values), rowId);
  }

  #exchange(): void {
    this.#cached.dropIndex(3);
    this.#cached.moveEntries(2, 3);
  }

  #end(kind: "commit" | "rollback"): void {
    this.#cached[kind]();
    if (kind === "commit") this.#committed = this.#documents;
    else this.#documents = this.#committed;
    this.#cached.begin();
  }

  #text(size: number): string {
    return JSON.stringify(`${this.#texts++}${"x".repeat(size)}`);
  }
}

function document(found: StoredDocument | null) {
  return found === null ? null : [found.rowId, found.size, found.json];
}

/** SQLite's rows have no prototype of ours, and keys may be any bytes. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

describe("the cache of what was read lately", () => {
  it.each([0, 2_000, 1_000_000])(
    "shows what is stored, whatever happens: %s bytes",
    (maxBytes) => {
      fc.assert(
        fc.property(
          fc.array(fc.oneof(change, { weight: 3, arbitrary: read }), {
            maxLength: 80,
            size: "max",
          }),
          (steps) => {
            const pair = new Pair(maxBytes);
            for (const step of steps) pair.perform(step);
          },
        ),
        { numRuns: 150 },
      );
    },
  );

  it("answers what it knows without the storage, and asks it again when a key has come or gone", () => {
    const direct = openSqliteStorage(":memory:");
    const spies = [vi.spyOn(direct, "scan"), vi.spyOn(direct, "find")];
    const reads = () =>
      spies.reduce((sum, { mock }) => sum + mock.calls.length, 0);
    const cached = new ReadCache(direct);
    const add = (values: string[]) => {
      const rowId = cached.insertDocument({ size: 2, json: "{}" });
      cached.addEntry(1, encodeKey(values), rowId);
      return rowId;
    };
    const look = (group: string) =>
      cached
        .scan({ indexId: 1, ...prefixRange([group]), order: "asc", limit: 2 })
        .map(({ json }) => json);
    cached.begin();
    const first = add(["a", "x"]);
    expect([look("a"), look("a"), look("b"), look("b"), reads()]).toEqual([
      ["{}"],
      ["{}"],
      [],
      [],
      2,
    ]);
    cached.updateDocument({ rowId: first, size: 3, json: "[1]" });
    add(["c", "x"]);
    expect([look("a"), look("b"), reads()]).toEqual([["[1]"], [], 2]);
    add(["b", "x"]);
    expect([look("a"), look("b"), reads()]).toEqual([["[1]"], ["{}"], 3]);
    const key = encodeKey(["a", "x"]);
    expect([
      cached.find(1, key)?.json,
      cached.find(1, key)?.json,
      reads(),
    ]).toEqual(["[1]", "[1]", 4]);
    cached.removeEntry(1, key);
    expect([cached.find(1, key), cached.find(1, key), reads()]).toEqual([
      null,
      null,
      5,
    ]);
  });
});
