import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { newTestDatabase } from "../../database/testing/test-database";
import { FileStore } from "./file-store";
import { removeOrphanFiles } from "./orphan-files";
import { createFolderFiles } from "./storage-files";

const HOUR = 3600 * 1000;
const UUID = "00000000-0000-4000-8000-000000000000";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "orphans-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

async function* bytes(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
}

it("removes the files that a crash left without a document, once they are an hour old, and nothing else", async () => {
  const { db: database, clock } = newTestDatabase();
  const files = createFolderFiles(folder);
  const store = new FileStore({
    database,
    files,
    clock,
    random: { bytes: (size) => new Uint8Array(size).fill(7) },
    cloudUrl: "http://localhost",
  });
  const file = { contentType: null, digest: null };
  await store.store("", { ...file, body: bytes("app") });
  await store.store("a/b c", { ...file, body: bytes("component") });
  const named = readdirSync(folder);
  const orphans = [UUID, `other.${UUID}`];
  for (const name of [...orphans, "notes.txt"])
    writeFileSync(join(folder, name), "x");
  mkdirSync(join(folder, "more"));

  const removedAt = (nowMs: number) =>
    removeOrphanFiles({ database, files, nowMs, isStopped: () => false });
  expect(await removedAt(Date.now() + HOUR / 2)).toBe(0);
  expect(await removedAt(Date.now() + 2 * HOUR)).toBe(2);
  expect(readdirSync(folder).sort()).toEqual(
    [...named, "more", "notes.txt"].sort(),
  );
});
