import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { newTestDatabase } from "./testing/test-database";
import type { Database } from "./types";

const request = (requestId: number, sessionId = "s") => ({
  sessionId,
  requestId,
});

function answer(db: Database, requestId: number, value: unknown = requestId) {
  const json = JSON.stringify(value);
  return db.hold("mutation").commit({ ...request(requestId), json });
}

it("finds an answer as soon as its commit has joined a group, and afterwards", async () => {
  const { db } = newTestDatabase();
  const committing = answer(db, 1, { a: 'x"' });
  const found = db.answers.find(request(1));
  expect(found?.answer).toEqual({ a: 'x"' });
  expect(found?.ts).toBe(await committing);
  expect(db.answers.find(request(1))).toEqual(found);
});

it("knows each request by its session and its number", async () => {
  const { db } = newTestDatabase();
  await Promise.all([answer(db, 5), answer(db, 3), answer(db, 9)]);
  await answer(db, 4);
  const found = [3, 4, 5, 6, 9].map((n) => db.answers.find(request(n)));
  expect(found.map((kept) => kept?.answer)).toEqual([3, 4, 5, undefined, 9]);
  expect(db.answers.find(request(5, "other"))).toBeNull();
  expect(db.answers.highestOf("s")).toBe(9);
  expect(db.answers.highestOf("other")).toBe(-1);
});

it("counts the open group when it says which request is the highest", () => {
  const { db } = newTestDatabase();
  void answer(db, 7);
  expect(db.answers.highestOf("s")).toBe(7);
});

it("forgets the answers of a group that is lost", async () => {
  const { db } = newTestDatabase();
  const committing = answer(db, 1);
  db.loseGroup(new Error("lost"));
  await expect(committing).rejects.toThrow("lost");
  expect(db.answers.find(request(1))).toBeNull();
  expect(db.answers.highestOf("s")).toBe(-1);
});

it("keeps long answers, and several answers to one request in their order", async () => {
  const { db } = newTestDatabase();
  const long = "x".repeat(1 << 20);
  await Promise.all([answer(db, 1, long), answer(db, 2), answer(db, 1, "new")]);
  expect(db.answers.find(request(1))?.answer).toBe("new");
  await answer(db, 3, long);
  expect(db.answers.find(request(3))?.answer).toBe(long);
});

it("still has them when the file is opened again", async () => {
  const folder = mkdtempSync(join(tmpdir(), "answers-"));
  const path = join(folder, "database.sqlite");
  const { db } = newTestDatabase(path);
  const ts = await answer(db, 1, "kept");
  db.close();
  const again = newTestDatabase(path).db;
  expect(again.answers.find(request(1))).toEqual({ answer: "kept", ts });
  again.close();
  rmSync(folder, { recursive: true });
});
