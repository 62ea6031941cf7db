import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { randomBytes } from "node:crypto";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { DocumentStorage } from "../storage/document-storage";
import { openSqliteStorage } from "../storage/sqlite-storage";
import { StorageError } from "../storage/storage-error";
import { databaseOn } from "./database";
import type { Database } from "./types";
import {
  collect,
  indexQuery,
  newTestDatabase,
  scanOf,
  schemaWith,
} from "./testing/test-database";

const WRITER = fileURLToPath(
  new URL("./testing/acknowledging-writer.ts", import.meta.url),
);

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "database-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe("a database file", () => {
  it("keeps documents, schema and timestamps when reopened, even if the clock went back", async () => {
    const path = join(folder, "data.sqlite");
    const first = newTestDatabase(path);
    first.db.applySchemas(new Map([["", schemaWith({ t: { by_a: ["a"] } })]]));
    const { ts } = await first.db.write((tx) => tx.insert("", "t", { a: 1 }));
    first.db.close();
    const second = newTestDatabase(path);
    second.clock.ms -= 60_000;
    expect(second.db.latestTs).toBe(ts);
    expect(second.db.schemaOf("")).toEqual(schemaWith({ t: { by_a: ["a"] } }));
    expect(
      second.db.read((tx) =>
        collect(tx, indexQuery("t.by_a", [["Eq", "a", 1]])),
      ).value,
    ).toHaveLength(1);
    const later = await second.db.write((tx) => tx.insert("", "t", { a: 2 }));
    expect(later.ts).toBeGreaterThan(ts);
    second.db.close();
  });

  it("gives later documents later creation times, however many there are and wherever the clock goes", async () => {
    const path = join(folder, "data.sqlite");
    const first = newTestDatabase(path);
    const insert = (db: Database, count: number) =>
      db.write((tx) => {
        for (let n = 0; n < count; n += 1) tx.system.insert("", "_config", {});
      });
    await insert(first.db, 9000);
    await insert(first.db, 1);
    first.db.close();
    const second = newTestDatabase(path);
    second.clock.ms -= 60_000;
    await insert(second.db, 1);
    const query = scanOf("_config");
    const times = second.db.read((tx) => {
      const stream = tx.system.query("", query);
      return Array.from({ length: 9002 }, () => stream.next()?._creationTime);
    }).value;
    const ids = second.db.read((tx) => tx.system.count("", "_config")).value;
    expect(ids).toBe(9002);
    expect(new Set(times).size).toBe(9002);
    expect(times.at(-1)).toBeGreaterThan(Number(times.at(-2)));
    second.db.close();
  });

  it("has every acknowledged write and no half of one after kill -9", async () => {
    const path = join(folder, "data.sqlite");
    const acknowledged = await writeUntilKilled(path, 60);
    const { db } = newTestDatabase(path);
    const documents = db.read((tx) => collect(tx, scanOf("t"))).value;
    const ids = new Set(documents.map(({ _id }) => _id));
    for (const [one, two, ts] of acknowledged) {
      expect(ids.has(String(one)) && ids.has(String(two))).toBe(true);
      expect(db.latestTs).toBeGreaterThanOrEqual(BigInt(String(ts)));
    }
    expect(documents.length % 2).toBe(0);
    db.close();
  }, 20_000);

  it("loses a group that cannot be stored as a whole and stays usable", async () => {
    const storage = openSqliteStorage(":memory:");
    const full = new StorageError("disk-full", "The disk is full.");
    let failures = 0;
    const failing: DocumentStorage = new Proxy(storage, {
      get: (target, name: keyof DocumentStorage) => {
        const isFailure = name === "commit" && failures-- > 0;
        if (isFailure) return () => fail(full);
        if (name === "search" || name === "answers") return target[name];
        return target[name].bind(target);
      },
    });
    const db = databaseOn({
      storage: failing,
      clock: Date,
      random: { bytes: randomBytes },
    });
    failures = 1;
    const writes = [
      db.write((tx) => tx.insert("", "t", {})),
      db.write((tx) => tx.insert("", "u", {})),
    ];
    for (const result of await Promise.allSettled(writes))
      expect(result).toMatchObject({ reason: full });
    expect(db.tables("")).toEqual([]);
    await db.write((tx) => tx.insert("", "t", {}));
    expect(db.read((tx) => tx.count("", "t")).value).toBe(1);
  });
});

it("a damaged document is told as damage of the database", async () => {
  const storage = openSqliteStorage(":memory:");
  const db = databaseOn({
    storage,
    clock: Date,
    random: { bytes: randomBytes },
  });
  await db.write((tx) => tx.insert("", "t", { text: "whole" }));
  storage.begin();
  for (let rowId = 1; rowId < 5; rowId += 1)
    storage.updateDocument({ rowId, size: 1, json: '{"text":"wh' });
  storage.commit();
  expect(() => db.read((tx) => collect(tx, scanOf("t")))).toThrow(
    /Document \d+ of the database is damaged; restore the database from a backup/,
  );
});

describe("opening a file that cannot be used says why", () => {
  const opening = (path: string) => expect(() => openSqliteStorage(path));

  it("when it is no database", () => {
    const path = join(folder, "data.sqlite");
    writeFileSync(
      path,
      "This is a text of more than a hundred bytes, which no database begins with. ".repeat(
        20,
      ),
    );
    opening(path).toThrow(
      `${path} is not a database file; move it away or choose another data folder.`,
    );
  });

  it("when the folder does not exist", () => {
    opening(join(folder, "no", "data.sqlite")).toThrow(
      "does not exist; create it first.",
    );
  });

  it("when it is already open", () => {
    const path = join(folder, "data.sqlite");
    const storage = openSqliteStorage(path);
    opening(path).toThrow(
      `The data folder ${folder} is already open in another process; stop that process`,
    );
    storage.close();
    openSqliteStorage(path).close();
  });

  it.skipIf(process.getuid?.() === 0)("when it may not be written", () => {
    opening("/data.sqlite").toThrow("cannot be written; allow writing to /.");
  });
});

function fail(error: Error): never {
  throw error;
}

/** The printed lines, as words; the last one may be cut and is left out. */
function writeUntilKilled(path: string, lines: number): Promise<string[][]> {
  const child = spawn(process.execPath, ["--import", "tsx", WRITER, path], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => {
    output += chunk.toString();
    if (output.split("\n").length > lines) child.kill("SIGKILL");
  });
  return new Promise((resolve) => {
    child.on("close", () =>
      resolve(
        output
          .split("\n")
          .slice(0, -1)
          .map((line) => line.split(" ")),
      ),
    );
  });
}
