import { describe, expect, it } from "vitest";
import { decodeId } from "../values/document-id";
import {
  collect,
  newTestDatabase,
  scanOf,
  schemaWith,
} from "./testing/test-database";
import type { Database, TablePlace } from "./types";

const place: TablePlace = {
  component: "",
  name: "t",
  number: 10_007,
  mode: "replace",
};
const never = new AbortController().signal;
const all = (db: Database) => db.read((tx) => collect(tx, scanOf("t"))).value;

async function staged(db: Database, where: TablePlace = place) {
  const tables = db.importTables();
  await tables.stage(where);
  await tables.insert(where, [{ n: 1 }, { n: 2 }]);
  return tables;
}

describe("tables that are imported", () => {
  it("are seen by nobody before they are published, and all at once then", async () => {
    const { db } = newTestDatabase();
    const tables = await staged(db);
    expect([all(db), db.tables("")]).toEqual([[], []]);
    await tables.publish((tx) => void tx.insert("", "log", { done: true }));
    expect(all(db).map(({ n }) => n)).toEqual([1, 2]);
    expect(db.tables("")).toEqual(["log", "t"]);
    const ids = all(db).map(({ _id }) => decodeId(String(_id))?.tableNumber);
    expect(ids).toEqual([10_007, 10_007]);
  });
  it("wait until nobody reads a snapshot, which keeps showing what it showed", async () => {
    const { db } = newTestDatabase();
    await db.write((tx) => tx.insert("", "t", { n: 0 }));
    const tables = await staged(db);
    const snapshot = db.openSnapshot();
    let isPublished = false;
    const published = tables
      .publish(() => undefined)
      .then(() => (isPublished = true));
    await db.write((tx) => tx.insert("", "other", {}));
    expect(isPublished).toBe(false);
    const [table] = snapshot.tables.filter(({ name }) => name === "t");
    if (table === undefined) throw new Error("no table");
    expect([...snapshot.documents(table)].flat()).toHaveLength(1);
    snapshot.close();
    await published;
    expect(all(db).map(({ n }) => n)).toEqual([1, 2]);
  });
  it("are not published when the schema has changed since, and leave nothing", async () => {
    const { db } = newTestDatabase();
    const tables = await staged(db);
    const type = { type: "object", value: {} };
    db.applySchemas(new Map([["", schemaWith({ t: {} }, type)]]));
    await expect(tables.publish(() => undefined)).rejects.toThrow(
      /schema of table "t" was changed during the import/,
    );
    await tables.removeLeftovers(never);
    expect(all(db)).toEqual([]);
  });
  it("must be empty when that is asked for, also if a document came meanwhile", async () => {
    const { db } = newTestDatabase();
    const tables = await staged(db, { ...place, mode: "requireEmpty" });
    await db.write((tx) => tx.insert("", "t", { n: 0 }));
    await expect(tables.publish(() => undefined)).rejects.toThrow(
      /already exists/,
    );
    expect(all(db).map(({ n }) => n)).toEqual([0]);
  });
  it("are not published when what belongs to their commit fails", async () => {
    const { db } = newTestDatabase();
    const tables = await staged(db);
    const fail = () => {
      throw new Error("no");
    };
    await expect(tables.publish(fail)).rejects.toThrow("no");
    expect(all(db)).toEqual([]);
  });
  it("cannot be read as of a time before they came", async () => {
    const { db } = newTestDatabase();
    const { ts } = await db.write((tx) => tx.insert("", "t", { n: 0 }));
    await (await staged(db)).publish(() => undefined);
    expect(() => db.read(() => null, ts)).toThrow();
    expect(all(db)).toHaveLength(2);
  });
});
