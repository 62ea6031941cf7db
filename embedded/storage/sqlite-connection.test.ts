import { copyFileSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { SqliteConnection } from "./sqlite-connection";

const INSERT = "INSERT INTO documents (id, size, json) VALUES (?, ?, ?)";
/** Fails when the document exists, and ends the whole transaction, as errors of a disk may. */
const FAILING_READ =
  "INSERT OR ROLLBACK INTO documents (id, size, json) VALUES (1, 0, '') RETURNING id";
const IDS = "SELECT id FROM documents ORDER BY id";

let folder = "";
let connection: SqliteConnection;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "connection-"));
  connection = new SqliteConnection(path());
});
afterEach(() => {
  connection.close();
  rmSync(folder, { recursive: true });
});

const path = () => join(folder, "data.sqlite");
const insert = (id: number) => connection.run(INSERT, id, 1, `${id}`);
const idsOf = (from: SqliteConnection) =>
  from.all(IDS).map((row) => (row as { id: number }).id);

function commit(id: number): void {
  connection.begin();
  insert(id);
  connection.commit();
}

/** What somebody finds who opens the files as they are now. */
function idsAfterCrash(): number[] {
  const copy = join(folder, "copy.sqlite");
  for (const suffix of ["", "-wal", "-redo"])
    if (existsSync(path() + suffix))
      copyFileSync(path() + suffix, copy + suffix);
  const opened = new SqliteConnection(copy);
  try {
    return idsOf(opened);
  } finally {
    opened.close();
  }
}

it("that is closed says so, whatever is asked of it", () => {
  commit(1);
  const other = new SqliteConnection(join(folder, "other.sqlite"));
  other.close();
  expect(() => other.get(IDS)).toThrow("The database connection is not open");
});

describe("when SQLite has ended the transaction by itself", () => {
  const endIt = () =>
    expect(() => connection.get(FAILING_READ)).toThrow("UNIQUE constraint");

  it("everything committed is there for the next read and the next commit", () => {
    commit(1);
    commit(2);
    endIt();
    expect(idsOf(connection)).toEqual([1, 2]);
    commit(3);
    expect(idsOf(connection)).toEqual([1, 2, 3]);
    expect(idsAfterCrash()).toEqual([1, 2, 3]);
  });

  it("what was open in it cannot be committed, and what was committed stays", () => {
    commit(1);
    connection.begin();
    insert(2);
    endIt();
    expect(() => insert(3)).toThrow("it was rolled back");
    expect(() => connection.commit()).toThrow("it was rolled back");
    expect(idsOf(connection)).toEqual([1]);
    commit(4);
    expect(idsOf(connection)).toEqual([1, 4]);
    expect(idsAfterCrash()).toEqual([1, 4]);
  });

  it("a close brings home what was committed, and nothing else", () => {
    commit(1);
    connection.begin();
    insert(2);
    endIt();
    connection.close();
    expect(existsSync(`${path()}-redo`)).toBe(false);
    connection = new SqliteConnection(path());
    expect(idsOf(connection)).toEqual([1]);
  });
});
