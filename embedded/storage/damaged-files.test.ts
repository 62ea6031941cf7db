import {
  mkdtempSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openSqliteStorage } from "./sqlite-storage";
import { StorageError } from "./storage-error";

const COMMITS = 40;
const INDEX = 7;

/** The two files as a power cut would leave them: copied while the database is open. */
type Files = { database: Buffer; log: Buffer };
let folder = "";
let cut: Files;
/** The database as a clean end leaves it, without a log. */
let closed: Buffer;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "damaged-"));
  const path = join(folder, "original.sqlite");
  const storage = openSqliteStorage(path);
  for (let n = 1; n <= COMMITS; n += 1) {
    storage.begin();
    for (const half of [0, 1]) {
      const json = JSON.stringify({ n, half, text: "x".repeat(700) });
      const rowId = storage.insertDocument({ size: 700, json });
      storage.addEntry(INDEX, Uint8Array.of(n, half), rowId);
    }
    storage.setMetadata("commits", String(n));
    storage.commit();
  }
  cut = { database: readFileSync(path), log: readFileSync(`${path}-wal`) };
  storage.close();
  closed = readFileSync(path);
});
afterAll(() => rmSync(folder, { recursive: true }));

const path = () => join(folder, "damaged.sqlite");

function place({ database, log }: Files): void {
  writeFileSync(path(), database);
  rmSync(`${path()}-wal`, { force: true });
  if (log.length > 0) writeFileSync(`${path()}-wal`, log);
}

/** The number of commits that are there; throws if any of them is not there as a whole. */
function commitsIn(files: Files): number {
  place(files);
  const storage = openSqliteStorage(path());
  try {
    const commits = Number(storage.getMetadata("commits") ?? 0);
    const range = { start: Uint8Array.of(), end: null, limit: 1000 };
    const rows = storage.scan({ indexId: INDEX, order: "asc", ...range });
    const found = rows.map(({ key, json }) => [...key, json.length > 700]);
    const expected = Array.from({ length: commits }, (_, at) => [
      [at + 1, 0, true],
      [at + 1, 1, true],
    ]).flat();
    expect(found).toEqual(expected);
    return commits;
  } finally {
    storage.close();
  }
}

function flipped(bytes: Buffer, at: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[at] = (copy[at] ?? 0) ^ 0xff;
  return copy;
}

describe("after a power cut", () => {
  it("everything is there when both files are", () => {
    expect(commitsIn(cut)).toBe(COMMITS);
  });

  it("a log that ends anywhere holds the commits up to there, whole ones only", () => {
    let longest = { length: 0, commits: 0 };
    const lengths = fc.sample(fc.nat({ max: cut.log.length }), 60);
    for (const length of lengths.sort((a, b) => a - b)) {
      const log = cut.log.subarray(0, length);
      const commits = commitsIn({ ...cut, log });
      expect(commits).toBeGreaterThanOrEqual(longest.commits);
      longest = { length, commits };
    }
    expect(longest.commits).toBeGreaterThan(COMMITS / 2);
  });

  it("what a torn write left behind the end of the log is not taken for a commit", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 9000 }), (torn) => {
        const log = Buffer.concat([cut.log, torn]);
        expect(commitsIn({ ...cut, log })).toBe(COMMITS);
      }),
      { numRuns: 30 },
    );
  });

  it("a damaged log holds the commits before the damage, whole ones only", () => {
    fc.assert(
      fc.property(fc.nat({ max: cut.log.length - 1 }), (at) => {
        const log = flipped(cut.log, at);
        expect(commitsIn({ ...cut, log })).toBeLessThanOrEqual(COMMITS);
      }),
      { numRuns: 60 },
    );
  });

  it("an empty database beside a log is refused: SQLite would throw the log away", () => {
    place({ database: Buffer.alloc(0), log: cut.log });
    expect(() => openSqliteStorage(path())).toThrow(
      `The database ${path()} is empty although its log ${path()}-wal is not; restore both from a backup.`,
    );
    expect(readFileSync(`${path()}-wal`).equals(cut.log)).toBe(true);
  });
});

describe("a database file that lost its end", () => {
  const refusal = (work: () => unknown): StorageError => {
    try {
      work();
    } catch (error) {
      if (error instanceof StorageError) return error;
      throw error;
    }
    throw new Error("nothing was noticed");
  };

  it("is told by its name, with what to do", () => {
    const noLog = Buffer.alloc(0);
    for (const keep of [50, 100, 4095, 4096, 12_288, closed.length - 1]) {
      const database = closed.subarray(0, keep);
      const error = refusal(() => commitsIn({ database, log: noLog }));
      expect(error.message, `the first ${keep} bytes`).toContain(path());
      expect(error.message).toContain(`${keep} of `);
      expect(error.message).toContain("restore it from a backup");
    }
  });

  it("is whole again when the log still has that end", () => {
    place(cut);
    truncateSync(path(), Math.min(cut.database.length, 4096));
    const database = readFileSync(path());
    expect(commitsIn({ database, log: cut.log })).toBe(COMMITS);
  });
});
