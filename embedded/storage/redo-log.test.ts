/** A storage whose commits go into a log first, against a plain model: whatever is killed, fails or is reopened between. */
import type * as nodeFs from "node:fs";
import {
  copyFileSync,
  existsSync,
  fdatasyncSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Database } from "better-sqlite3";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { DocumentStorage } from "./document-storage";
import type * as migrations from "./sqlite-migrations";
import { openSqliteStorage } from "./sqlite-storage";

vi.mock("node:fs", async (original) => {
  const real = await original<typeof nodeFs>();
  return { ...real, fdatasyncSync: vi.fn(real.fdatasyncSync) };
});

/** What a format after the latest would do to the file. */
const newer = vi.hoisted(() => ({ step: "" }));
vi.mock("./sqlite-migrations", async (original) => {
  const real = await original<typeof migrations>();
  return {
    ...real,
    get LATEST_FORMAT() {
      return newer.step === "" ? real.LATEST_FORMAT : real.LATEST_FORMAT + 1;
    },
    migrate: (db: Database, format: number) => {
      if (newer.step === "") real.migrate(db, format);
      else db.exec(newer.step);
    },
  };
});

/** So small that most ways of becoming durable are taken by a few commits. */
const SMALL = { maxLogBytes: 1500, maxRecordBytes: 600 };
const SUFFIXES = ["", "-wal", "-redo"];
const INDEX = 1;

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "redo-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const key = fc.nat(9);
const change = fc.oneof(
  fc.record({ kind: fc.constant("put" as const), key, size: fc.nat(300) }),
  fc.record({ kind: fc.constant("remove" as const), key }),
);
const group = fc.record({
  kind: fc.constant("group" as const),
  changes: fc.array(change, { maxLength: 5 }),
  end: fc.constantFrom("commit", "commit", "commit", "rollback", "failure"),
});
const step = fc.oneof(
  { weight: 6, arbitrary: group },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constantFrom("crash" as const, "close" as const),
    }),
  },
);
type Change = ReturnType<typeof change.generate>["value"];
type Group = ReturnType<typeof group.generate>["value"];
type Step = ReturnType<typeof step.generate>["value"];

/** Names of documents by their key. */
type Contents = Map<number, string>;

class Subject {
  #generation = 0;
  #storage = openSqliteStorage(this.#path, SMALL);
  #contents: Contents = new Map();
  #count = 0;

  get #path(): string {
    return join(folder, `${this.#generation}.sqlite`);
  }

  take(step: Step): void {
    if (step.kind === "group") this.#group(step);
    else if (step.kind === "crash") this.#crash();
    else this.#reopen();
    this.check();
  }

  check(): void {
    expect(contentsOf(this.#storage)).toEqual(this.#contents);
  }

  close(): void {
    this.#storage.close();
    expect(existsSync(`${this.#path}-redo`)).toBe(false);
  }

  #group({ changes, end }: Group): void {
    const contents = new Map(this.#contents);
    this.#storage.begin();
    for (const each of changes) this.#apply(each, contents);
    expect(contentsOf(this.#storage)).toEqual(contents);
    if (end === "rollback") return this.#storage.rollback();
    if (end === "failure")
      vi.mocked(fdatasyncSync).mockImplementationOnce(fail);
    const isDurable = succeeds(() => this.#storage.commit());
    vi.mocked(fdatasyncSync).mockReset();
    expect(isDurable || end === "failure").toBe(true);
    if (isDurable) this.#contents = contents;
    // As whoever is told of the failure does.
    else this.#storage.rollback();
  }

  #apply(change: Change, contents: Contents): void {
    const bytes = Uint8Array.of(change.key);
    const found = this.#storage.find(INDEX, bytes);
    if (change.kind === "remove") {
      if (found === null) return;
      this.#storage.removeEntry(INDEX, bytes);
      this.#storage.deleteDocument(found.rowId);
      contents.delete(change.key);
      return;
    }
    const json = `${(this.#count += 1)}:${"x".repeat(change.size)}`;
    const size = change.size;
    contents.set(change.key, json);
    if (found !== null)
      return this.#storage.updateDocument({ rowId: found.rowId, size, json });
    const rowId = this.#storage.insertDocument({ size, json });
    this.#storage.addEntry(INDEX, bytes, rowId);
  }

  /** The files as they are while the storage is open, opened beside it. */
  #crash(): void {
    const before = this.#path;
    const old = this.#storage;
    this.#generation += 1;
    for (const suffix of SUFFIXES)
      if (existsSync(before + suffix))
        copyFileSync(before + suffix, this.#path + suffix);
    old.close();
    this.#storage = openSqliteStorage(this.#path, SMALL);
  }

  #reopen(): void {
    this.close();
    this.#storage = openSqliteStorage(this.#path, SMALL);
  }
}

function contentsOf(storage: DocumentStorage): Contents {
  const range = { start: Uint8Array.of(), end: null, limit: 100 };
  const rows = storage.scan({ indexId: INDEX, order: "asc", ...range });
  return new Map(rows.map((row) => [row.key[0] ?? -1, row.json]));
}

function succeeds(work: () => void): boolean {
  try {
    work();
    return true;
  } catch (error) {
    expect(error).toMatchObject({ code: "disk-full" });
    return false;
  }
}

function fail(): never {
  throw Object.assign(new Error("no space left"), { code: "ENOSPC" });
}

function commit(storage: DocumentStorage, name: string): void {
  storage.begin();
  storage.setMetadata("name", name);
  storage.commit();
}

function copyTo(target: string, source: string, suffixes = SUFFIXES): void {
  for (const suffix of suffixes)
    if (existsSync(source + suffix))
      copyFileSync(source + suffix, target + suffix);
}

describe("a storage with a log", () => {
  it("has what was committed and nothing else, whatever is killed, rolled back, fails or is reopened", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 25 }), (steps) => {
        const subject = new Subject();
        for (const each of steps) subject.take(each);
        subject.close();
        for (const name of readdirSync(folder)) rmSync(join(folder, name));
      }),
      { numRuns: 60 },
    );
  });

  it("does not change the database file's log for a small commit", () => {
    const path = join(folder, "data.sqlite");
    const storage = openSqliteStorage(path);
    const before = statSync(`${path}-wal`).size;
    for (let n = 0; n < 100; n += 1) commit(storage, `${n}`);
    expect(statSync(`${path}-wal`).size).toBe(before);
    storage.close();
  });

  it("is refused beside a database of an earlier moment, and left out beside a later one", () => {
    const path = join(folder, "data.sqlite");
    const [early, late] = [join(folder, "early"), join(folder, "late")];
    const storage = openSqliteStorage(path, SMALL);
    commit(storage, "first");
    storage.close();
    copyTo(early, path);
    const again = openSqliteStorage(path, SMALL);
    for (let n = 0; n < 100; n += 1) commit(again, `${n}`);
    copyTo(late, path);
    again.close();
    copyTo(early, late, ["-redo"]);
    expect(() => openSqliteStorage(early)).toThrow(
      `The log ${early}-redo does not go with the database beside it; restore both from a backup of one moment.`,
    );
    copyTo(path, late, ["-redo"]);
    const whole = openSqliteStorage(path);
    expect(whole.getMetadata("name")).toBe("99");
    whole.close();
  });

  it("is refused beside a database from before a commit that was too long for a record", () => {
    const [path, early] = [join(folder, "data.sqlite"), join(folder, "early")];
    const storage = openSqliteStorage(path, SMALL);
    commit(storage, "first");
    storage.close();
    copyTo(early, path);
    const again = openSqliteStorage(path, SMALL);
    commit(again, "x".repeat(SMALL.maxRecordBytes));
    commit(again, "last");
    copyTo(early, path, ["-redo"]);
    again.close();
    expect(() => openSqliteStorage(early)).toThrow(
      "does not go with the database beside it",
    );
  });

  it("is refused beside another database", () => {
    const [one, other] = [join(folder, "one"), join(folder, "other")];
    for (const path of [one, other]) {
      const storage = openSqliteStorage(path);
      commit(storage, path);
      copyTo(`${path}-copy`, path);
      storage.close();
    }
    copyFileSync(`${one}-copy-redo`, `${other}-copy-redo`);
    expect(() => openSqliteStorage(`${other}-copy`)).toThrow(
      "does not go with the database beside it",
    );
  });

  it("is refused beside an empty database", () => {
    const path = join(folder, "data.sqlite");
    const storage = openSqliteStorage(path);
    commit(storage, "kept");
    const log = readFileSync(`${path}-redo`);
    storage.close();
    writeFileSync(path, "");
    writeFileSync(`${path}-redo`, log);
    expect(() => openSqliteStorage(path)).toThrow(
      `The database ${path} is empty although its log ${path}-redo is not`,
    );
  });

  it("is executed before a newer program changes the file's format", () => {
    const path = join(folder, "data.sqlite");
    const storage = openSqliteStorage(path);
    commit(storage, "from the log");
    copyTo(`${path}-copy`, path);
    storage.close();
    newer.step =
      "UPDATE metadata SET value = value || ', changed' WHERE name = 'name'";
    const opened = openSqliteStorage(`${path}-copy`);
    newer.step = "";
    expect(opened.getMetadata("name")).toBe("from the log, changed");
    expect(statSync(`${path}-copy-wal`).size).toBeGreaterThan(0);
    opened.close();
    const again = openSqliteStorage(`${path}-copy`);
    expect(again.getMetadata("name")).toBe("from the log, changed");
    again.close();
  });
});
