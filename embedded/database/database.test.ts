import { describe, expect, it } from "vitest";
import { encodeId } from "../values/document-id";
import { intersects } from "./read-set";
import {
  collect,
  indexQuery,
  newTestDatabase,
  scanOf,
  schemaWith,
} from "./testing/test-database";
import type { Commit, Transaction } from "./types";

const USER = { isSystem: false };

describe("a write", () => {
  it("is seen by later reads, with its commit timestamp", async () => {
    const { db } = newTestDatabase();
    const { value: id, ts } = await db.write((tx) =>
      tx.insert("", "t", { a: 1 }),
    );
    expect(db.latestTs).toBe(ts);
    expect(db.read((tx) => tx.get("", id, USER)).value).toMatchObject({
      _id: id,
      a: 1,
    });
    expect(db.tables("")).toEqual(["t"]);
  });

  it("that throws leaves no trace", async () => {
    const { db } = newTestDatabase();
    const failed = db.write((tx) => {
      tx.insert("", "t", { a: 1 });
      throw new Error("no");
    });
    await expect(failed).rejects.toThrow("no");
    expect(db.tables("")).toEqual([]);
  });

  it("replaces commitTs by the timestamp, also in indexes", async () => {
    const { db } = newTestDatabase();
    db.applySchemas(new Map([["", schemaWith({ t: { by_at: ["at"] } })]]));
    const { ts } = await db.write((tx) =>
      tx.insert("", "t", { at: { $commitTs: null } }),
    );
    const bytes = Buffer.alloc(8);
    bytes.writeBigInt64LE(ts);
    const at = { $integer: bytes.toString("base64") };
    const found = db.read((tx) =>
      collect(tx, indexQuery("t.by_at", [["Eq", "at", at]])),
    );
    expect(found.value).toMatchObject([{ at }]);
  });

  it("leaves text that names commitTs as it is", async () => {
    const { db } = newTestDatabase();
    const fields = { a: "$commitTs", b: ['"$commitTs":null'] };
    const { value: id } = await db.write((tx) => tx.insert("", "t", fields));
    expect(db.read((tx) => tx.get("", id, USER)).value).toMatchObject(fields);
  });

  it("tells listeners the keys of every index, in order and before its promise resolves", async () => {
    const { db } = newTestDatabase();
    const seen: Commit[] = [];
    db.onCommit((commit) => seen.push(commit));
    const first = db.write((tx) => tx.insert("", "t", {}));
    const second = db.write((tx) => tx.touch("env"));
    expect(seen).toEqual([]);
    await first;
    expect([...(seen[0]?.keys.keys() ?? [])]).toEqual([
      ":t:by_id",
      ":t:by_creation_time",
    ]);
    expect([...(seen[1]?.tags ?? [])]).toEqual(["env"]);
    expect((await second).ts).toBe(seen[1]?.ts);
  });

  it("tells one key of an index that it leaves alone, the old and the new of one that it changes", async () => {
    const { db } = newTestDatabase();
    const indexes = { by_a: ["a"], by_b: ["b.c"] };
    db.applySchemas(new Map([["", schemaWith({ t: indexes })]]));
    const { value: id } = await db.write((tx) =>
      tx.insert("", "t", { a: [1, { x: "y" }], b: { c: 1 } }),
    );
    const counts: number[][] = [];
    db.onCommit(({ keys }) => {
      counts.push([...keys.values()].map((list) => list.length));
    });
    await db.write((tx) => tx.patch("", id, { b: { c: 2 } }));
    await db.write((tx) => tx.patch("", id, { d: 1 }));
    await db.write((tx) =>
      tx.replace("", id, { a: [1, { x: "y" }], b: { c: 2 } }),
    );
    await db.write((tx) => tx.replace("", id, { a: 2 }));
    expect(counts).toEqual([
      [1, 1, 1, 2],
      [1, 1, 1, 1],
      [1, 1, 1, 1],
      [1, 1, 2, 2],
    ]);
    const byB = indexQuery("t.by_b", [["Gt", "b.c", null]]);
    expect(db.read((tx) => collect(tx, byB)).value).toEqual([]);
    const byA = indexQuery("t.by_a", [["Eq", "a", 2]]);
    expect(db.read((tx) => collect(tx, byA)).value).toMatchObject([{ a: 2 }]);
  });

  it("refuses a transaction inside itself", async () => {
    const { db } = newTestDatabase();
    await expect(db.write(() => db.read(() => 1))).rejects.toThrow(
      "inside the body",
    );
  });

  it("gives documents increasing creation times, also when the clock stands still", async () => {
    const { db, clock } = newTestDatabase();
    await db.write((tx) => [
      tx.insert("", "t", { n: 0 }),
      tx.insert("", "t", { n: 1 }),
    ]);
    await db.write((tx) => tx.insert("", "t", { n: 2 }));
    const { value } = db.read((tx) => collect(tx, scanOf("t")));
    expect(value.map(({ n }) => n)).toEqual([0, 1, 2]);
    expect(value[0]?._creationTime).toBe(clock.ms);
  });
});

describe("a query", () => {
  it("that met an id of no table depends on the tables that come", async () => {
    const { db } = newTestDatabase();
    const id = encodeId(10_001, new Uint8Array(16));
    const looks = [
      (tx: Transaction) => tx.get("", id, USER),
      (tx: Transaction) => tx.tableName("", 10_001),
      (tx: Transaction) => tx.normalizeId("", "t", id, USER),
    ];
    const reads = looks.map((look) => db.read<unknown>(look).reads);
    const commits: Commit[] = [];
    db.onCommit((commit) => commits.push(commit));
    await db.write((tx) => tx.insert("child", "t", {}));
    await db.write((tx) => tx.insert("", "t", {}));
    for (const read of reads)
      expect(commits.map((commit) => intersects(read, commit))).toEqual([
        false,
        true,
      ]);
  });

  it("at an earlier timestamp sees what was there, until that is too long ago", async () => {
    const { db, clock } = newTestDatabase();
    const first = await db.write((tx) => tx.insert("", "t", { a: 1 }));
    await db.write((tx) => tx.patch("", first.value, { a: 2 }));
    const at = (ts: bigint) =>
      db.read((tx) => tx.get("", first.value, USER), ts).value;
    expect(at(first.ts)).toMatchObject({ a: 1 });
    expect(at(first.ts - 1n)).toBeNull();
    expect(() => at(db.latestTs + 1n)).toThrow(
      "The timestamp lies in the future",
    );
    clock.ms += 61_000;
    await db.write((tx) => tx.patch("", first.value, { a: 3 }));
    expect(() => at(first.ts)).toThrow(
      "Your request couldn't be completed. Try again later.",
    );
    expect(at(db.latestTs)).toMatchObject({ a: 3 });
  });

  it("at an earlier timestamp uses indexes that came later", async () => {
    const { db } = newTestDatabase();
    const { ts, value } = await db.write((tx) => tx.insert("", "t", { a: 1 }));
    await db.write((tx) => tx.remove("", value));
    db.applySchemas(new Map([["", schemaWith({ t: { by_a: ["a"] } })]]));
    const query = indexQuery("t.by_a", [["Eq", "a", 1]]);
    expect(db.read((tx) => collect(tx, query)).value).toEqual([]);
    expect(db.read((tx) => collect(tx, query), ts).value).toHaveLength(1);
  });
});

describe("a savepoint", () => {
  it("undoes what follows it, including tables, and keeps what precedes it", async () => {
    const { db } = newTestDatabase();
    await db.write((tx) => {
      const id = tx.insert("", "t", { n: 1 });
      const savepoint = tx.savepoint();
      tx.patch("", id, { n: 2 });
      tx.insert("", "u", {});
      tx.rollbackTo(savepoint);
      expect(tx.get("", id, USER)).toMatchObject({ n: 1 });
    });
    expect(db.tables("")).toEqual(["t"]);
    expect(db.read((tx) => collect(tx, scanOf("t"))).value).toMatchObject([
      { n: 1 },
    ]);
  });
});

describe("documents", () => {
  it("are patched, replaced and removed", async () => {
    const { db } = newTestDatabase();
    const { value: id } = await db.write((tx) =>
      tx.insert("", "t", { a: 1, b: 2 }),
    );
    const patched = await db.write((tx) =>
      tx.patch("", id, { a: { $undefined: null }, c: 3 }),
    );
    expect(patched.value).toEqual({
      _id: id,
      _creationTime: expect.any(Number),
      b: 2,
      c: 3,
    });
    const replaced = await db.write((tx) => tx.replace("", id, { d: 4 }));
    expect(replaced.value).toEqual({
      _id: id,
      _creationTime: expect.any(Number),
      d: 4,
    });
    await db.write((tx) => tx.remove("", id));
    expect(db.read((tx) => tx.get("", id, USER)).value).toBeNull();
    await expect(db.write((tx) => tx.patch("", id, {}))).rejects.toThrow(
      `Update on nonexistent document ID ${id}`,
    );
  });

  it("refuse wrong ids, system fields and names with Convex's texts", async () => {
    const { db } = newTestDatabase();
    const { value: id } = await db.write((tx) => tx.insert("", "t", {}));
    const system = await db.write((tx) => tx.system.insert("", "_storage", {}));
    const fails = (body: Parameters<typeof db.write>[0]) =>
      expect(db.write(body)).rejects;
    await fails((tx) => tx.get("", "x", USER)).toThrow(
      "Invalid argument `id` for `db.get`: Unable to decode ID: x",
    );
    await fails((tx) => tx.get("", id, { ...USER, table: "u" })).toThrow(
      'expected to be an Id<"u">, got Id<"t"> instead.',
    );
    await fails((tx) => tx.get("", system.value, USER)).toThrow(
      "System tables can only be accessed with db.system.",
    );
    await fails((tx) => tx.get("", id, { isSystem: true })).toThrow(
      "User tables cannot be accessed with db.system.",
    );
    await fails((tx) => tx.insert("", "_storage", {})).toThrow(
      "_storage is a read-only table",
    );
    await fails((tx) => tx.insert("", "t", { _id: id })).toThrow(
      `doesn't match '_id' field "${id}"`,
    );
    await fails((tx) => tx.insert("", "t", { _x: 1 })).toThrow(
      "Field '_x' starts with an underscore",
    );
    await fails((tx) => tx.insert("", "t", { s: "x".repeat(1 << 20) })).toThrow(
      "> maximum size 1 MiB)",
    );
    await fails((tx) => collect(tx, scanOf("_modules"))).toThrow("db.system");
  });

  it("may not have a field that would be their prototype", async () => {
    const { db } = newTestDatabase();
    const bad = () =>
      JSON.parse('{"__proto__":{"a":1}}') as { [name: string]: null };
    const refused = /Field '__proto__' starts with an underscore/;
    await db.write((tx) => {
      const id = tx.insert("", "t", {});
      expect(() => tx.insert("", "t", bad())).toThrow(refused);
      expect(() => tx.patch("", id, bad())).toThrow(refused);
      expect(() => tx.replace("", id, bad())).toThrow(refused);
    });
  });

  it("of one component are unknown to another", async () => {
    const { db } = newTestDatabase();
    const { value: id } = await db.write((tx) => tx.insert("", "t", {}));
    await db.write((tx) => tx.insert("child", "other", {}));
    expect(db.read((tx) => tx.get("child", id, USER)).value).toBeNull();
    expect(db.read((tx) => tx.tableName("child", 10_001)).value).toBe("other");
  });
});

describe("a schema", () => {
  const strict = schemaWith(
    { t: { by_a: ["a"] } },
    {
      type: "object",
      value: { a: { fieldType: { type: "number" }, optional: false } },
    },
  );

  it("is enforced on writes", async () => {
    const { db } = newTestDatabase();
    db.applySchemas(new Map([["", strict]]));
    await expect(
      db.write((tx) => tx.insert("", "t", { a: "x" })),
    ).rejects.toThrow(
      'Failed to insert or update a document in table "t" because it does not match the schema: Value does not match validator.\nPath: .a',
    );
    await db.write((tx) => tx.insert("", "t", { a: 1 }));
  });

  it("is checked against existing documents", async () => {
    const { db } = newTestDatabase();
    const { value: id } = await db.write((tx) =>
      tx.insert("", "t", { a: "x" }),
    );
    const mismatch = db.validateSchema("", strict);
    expect(mismatch?.table).toBe("t");
    expect(mismatch?.error).toContain(
      `Document with ID "${id}" in table "t" does not match the schema: Value`,
    );
  });

  it("backfills added indexes and drops removed ones", async () => {
    const { db } = newTestDatabase();
    await db.write((tx) => [2, 1, 3].map((a) => tx.insert("", "t", { a })));
    db.applySchemas(new Map([["", schemaWith({ t: { by_a: ["a"] } })]]));
    const query = indexQuery("t.by_a", [["Gte", "a", 2]]);
    expect(db.read((tx) => collect(tx, query)).value.map(({ a }) => a)).toEqual(
      [2, 3],
    );
    db.applySchemas(new Map([["", null]]));
    expect(() => db.read((tx) => collect(tx, query))).toThrow(
      "Index t.by_a not found.",
    );
  });

  it("applied inside a write is part of its commit", async () => {
    const { db } = newTestDatabase();
    const write = db.write((tx) => {
      tx.insert("", "t", { a: 1 });
      tx.insert("", "u", { a: 2 });
      db.applySchemas(
        new Map([["", schemaWith({ u: {}, new: {}, t: { by_a: ["a"] } })]]),
      );
    });
    await write;
    expect(db.tables("")).toEqual(["new", "t", "u"]);
    expect(
      db.read((tx) => collect(tx, indexQuery("t.by_a", [["Eq", "a", 1]])))
        .value,
    ).toHaveLength(1);
  });

  it.each(["vectorIndexes", "stagedVectorIndexes"])(
    "with %s is refused by name",
    (kind) => {
      const { db } = newTestDatabase();
      const schema = schemaWith({ t: {} });
      const tables = schema.tables.map((table) => ({
        ...table,
        [kind]: [{ indexDescriptor: "near" }],
      }));
      expect(() => db.validateSchema("", { ...schema, tables })).toThrow(
        'In table "t" the vector index "near" cannot be created: this backend does not support vector indexes.',
      );
    },
  );

  it("with an index on a field that does not exist is refused", () => {
    const { db } = newTestDatabase();
    const schema = schemaWith(
      { t: { by_b: ["b"] } },
      strict.tables[0]?.documentType,
    );
    expect(() => db.validateSchema("", schema)).toThrow(
      'In table "t" the index "by_b" is invalid because it references the field b that does not exist.',
    );
  });
});

describe("system tables", () => {
  it("keep documents with indexes of their own", async () => {
    const { db } = newTestDatabase();
    await db.write((tx) => {
      const id = tx.system.insert("", "_config", { name: "a" });
      tx.system.replace("", "_config", id, { name: "b" });
    });
    const query = indexQuery("_config.by_name", [["Eq", "name", "b"]]);
    expect(
      db.read((tx) => tx.system.query("", query).next()).value,
    ).toMatchObject({ name: "b" });
    expect(db.tables("")).toEqual([]);
  });
});
