/** The yardstick: how many single-row commits a second this disk makes durable, through the same driver and settings. */
import Database from "better-sqlite3";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Commits one row at a time for `windowMs`, WAL and `synchronous=FULL` as the backend does; returns commits a second. */
export function rawCommitsPerSecond(windowMs: number): number {
  const folder = mkdtempSync(join(tmpdir(), "lockstep-raw-"));
  const database = new Database(join(folder, "raw.sqlite3"));
  try {
    database.pragma("journal_mode = WAL");
    database.pragma("synchronous = FULL");
    database.exec("CREATE TABLE rows (id INTEGER PRIMARY KEY, body BLOB)");
    const insert = database.prepare("INSERT INTO rows (body) VALUES (?)");
    const body = Buffer.alloc(300, 1);
    const startedAt = performance.now();
    let commits = 0;
    while (performance.now() - startedAt < windowMs) {
      insert.run(body);
      commits += 1;
    }
    return commits / ((performance.now() - startedAt) / 1000);
  } finally {
    database.close();
    rmSync(folder, { recursive: true, force: true });
  }
}
