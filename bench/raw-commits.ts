/** The yardstick: how many single-row commits a second this disk makes durable, through the same driver and settings. */
import Database from "better-sqlite3";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { median } from "./report";

/** Commits one row at a time for `windowMs`, WAL and `synchronous=FULL` as the backend does; returns commits a second. */
export function rawCommitsPerSecond(windowMs: number): number {
  return withRawDatabase((commit) => {
    const startedAt = performance.now();
    let commits = 0;
    while (performance.now() - startedAt < windowMs) {
      commit();
      commits += 1;
    }
    return commits / ((performance.now() - startedAt) / 1000);
  });
}

/** Milliseconds of the median of `commits` such commits. */
export function rawCommitP50(commits: number): number {
  return withRawDatabase((commit) => {
    const times = Array.from({ length: commits }, () => {
      const startedAt = performance.now();
      commit();
      return performance.now() - startedAt;
    });
    return median(times);
  });
}

function withRawDatabase<T>(work: (commit: () => void) => T): T {
  const folder = mkdtempSync(join(tmpdir(), "lockstep-raw-"));
  const database = new Database(join(folder, "raw.sqlite3"));
  try {
    database.pragma("journal_mode = WAL");
    database.pragma("synchronous = FULL");
    database.exec("CREATE TABLE rows (id INTEGER PRIMARY KEY, body BLOB)");
    const insert = database.prepare("INSERT INTO rows (body) VALUES (?)");
    const body = Buffer.alloc(300, 1);
    return work(() => void insert.run(body));
  } finally {
    database.close();
    rmSync(folder, { recursive: true, force: true });
  }
}
