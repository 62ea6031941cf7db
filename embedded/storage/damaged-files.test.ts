import {
  existsSync,
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
import type { DocumentStorage } from "./document-storage";
import type { ConnectionLimits } from "./sqlite-connection";
import { openSqliteStorage } from "./sqlite-storage";
import { StorageError } from "./storage-error";

const COMMITS = 40;
const INDEX = 7;
/** Bytes that say which database a log of statements goes with. */
const REDO_HEADER = 32;

/** The files as a power cut would leave them: copied while the database is open. */
type Files = { database: Buffer; wal: Buffer; redo: Buffer };
const NONE = Buffer.alloc(0);
/** Every commit is one of SQLite. */
const UNLOGGED = { maxLogBytes: 0, maxRecordBytes: 0 };
let folder = "";
let cut: { byRedo: Files; byWal: Files };
/** The database as a clean end leaves it, without a log. */
let closed: Buffer;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "damaged-"));
  const [logged, unlogged] = [filesOf("logged"), filesOf("unlogged", UNLOGGED)];
  cut = { byRedo: logged.cut, byWal: { ...unlogged.cut, redo: NONE } };
  closed = logged.closed;
});
afterAll(() => rmSync(folder, { recursive: true }));

function filesOf(
  name: string,
  limits?: ConnectionLimits,
): { cut: Files; closed: Buffer } {
  const path = join(folder, `${name}.sqlite`);
  const storage = openSqliteStorage(path, limits);
  for (let n = 1; n <= COMMITS; n += 1) commit(storage, n);
  const read = (file: string) => (existsSync(file) ? readFileSync(file) : NONE);
  const database = readFileSync(path);
  const [wal, redo] = [read(`${path}-wal`), read(`${path}-redo`)];
  storage.close();
  return { cut: { database, wal, redo }, closed: readFileSync(path) };
}

function commit(storage: DocumentStorage, n: number): void {
  storage.begin();
  for (const half of [0, 1]) {
    const json = JSON.stringify({ n, half, text: "x".repeat(700) });
    const rowId = storage.insertDocument({ size: 700, json });
    storage.addEntry(INDEX, Uint8Array.of(n, half), rowId);
  }
  storage.setMetadata("commits", String(n));
  storage.commit();
}

const path = () => join(folder, "damaged.sqlite");

function place({ database, wal, redo }: Files): void {
  writeFileSync(path(), database);
  for (const [suffix, log] of Object.entries({ wal, redo })) {
    rmSync(`${path()}-${suffix}`, { force: true });
    if (log.length > 0) writeFileSync(`${path()}-${suffix}`, log);
  }
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

/** Where the records end and the zeros begin that the file has in reserve. */
function endOf(redo: Buffer): number {
  let end = redo.length;
  while (end > 0 && redo[end - 1] === 0) end -= 1;
  return end;
}

describe.each([
  { which: "byRedo", log: "redo" },
  { which: "byWal", log: "wal" },
] as const)("after a power cut, by the log $log", ({ which, log }) => {
  const whole = () => cut[which];
  const used = () =>
    log === "redo" ? endOf(whole().redo) : whole().wal.length;

  it("everything is there when all files are", () => {
    expect(commitsIn(whole())).toBe(COMMITS);
  });

  it("a log that ends anywhere holds the commits up to there, whole ones only", () => {
    let longest = { length: 0, commits: 0 };
    const lengths = fc.sample(fc.nat({ max: used() }), 60);
    for (const length of lengths.sort((a, b) => a - b)) {
      const part = whole()[log].subarray(0, length);
      const commits = commitsIn({ ...whole(), [log]: part });
      expect(commits).toBeGreaterThanOrEqual(longest.commits);
      longest = { length, commits };
    }
    expect(longest.commits).toBeGreaterThan(COMMITS / 2);
  });

  it("what a torn write left behind the end of the log is not taken for a commit", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 9000 }), (torn) => {
        const bytes = [whole()[log].subarray(0, used()), torn];
        const damaged = { ...whole(), [log]: Buffer.concat(bytes) };
        expect(commitsIn(damaged)).toBe(COMMITS);
      }),
      { numRuns: 30 },
    );
  });

  it("a damaged log holds the commits before the damage, whole ones only", () => {
    const head = log === "redo" ? REDO_HEADER : 0;
    const at = fc.integer({ min: head, max: used() - 1 });
    fc.assert(
      fc.property(at, (at) => {
        const damaged = { ...whole(), [log]: flipped(whole()[log], at) };
        expect(commitsIn(damaged)).toBeLessThanOrEqual(COMMITS);
      }),
      { numRuns: 60 },
    );
  });

  it("an empty database beside a log is refused: the log would be thrown away", () => {
    place({ ...whole(), database: NONE });
    expect(() => openSqliteStorage(path())).toThrow(
      /is empty although its log .*-(wal|redo) is not; restore both from a backup/,
    );
    const left = readFileSync(`${path()}-${log}`);
    expect(left.equals(whole()[log])).toBe(true);
  });
});

it("a log of statements whose head is damaged is refused: nobody knows what it holds", () => {
  place({ ...cut.byRedo, redo: flipped(cut.byRedo.redo, 3) });
  expect(() => openSqliteStorage(path())).toThrow(
    `The log ${path()}-redo does not go with the database beside it`,
  );
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
    for (const keep of [50, 100, 4095, 4096, 12_288, closed.length - 1]) {
      const database = closed.subarray(0, keep);
      const error = refusal(() =>
        commitsIn({ database, wal: NONE, redo: NONE }),
      );
      expect(error.message, `the first ${keep} bytes`).toContain(path());
      expect(error.message).toContain(`${keep} of `);
      expect(error.message).toContain("restore it from a backup");
    }
  });

  it("is whole again when the log still has that end", () => {
    place(cut.byWal);
    truncateSync(path(), Math.min(cut.byWal.database.length, 4096));
    const database = readFileSync(path());
    expect(commitsIn({ ...cut.byWal, database })).toBe(COMMITS);
  });
});
