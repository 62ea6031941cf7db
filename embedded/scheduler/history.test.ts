import { expect, it, vi } from "vitest";
import { newTestDatabase } from "../database/testing/test-database";
import type { Database, Transaction } from "../database/types";
import { insertJob, getJob, setJobState } from "../runtime/scheduled-jobs";
import { History } from "./history";

const HOUR = 3600 * 1000;
const DAY = 24 * HOUR;
const JOBS = "_scheduled_functions";

function start(options: { maxAnswers?: number; components?: string[] } = {}) {
  const { db, clock } = newTestDatabase();
  const { components = [""], ...rest } = options;
  const history = new History({
    database: db,
    clock,
    components: () => components,
    ...rest,
  });
  return { db, clock, history };
}

function addJob(tx: Transaction, component: string, nowMs: number): string {
  const scheduledTime = nowMs;
  return insertJob(tx, component, {
    name: "a",
    args: {},
    scheduledTime,
    nowMs,
  });
}

function endJob(tx: Transaction, component: string, id: string, nowMs: number) {
  const row = getJob(tx, component, id);
  if (row === null) throw new Error("no such job");
  setJobState(tx, component, { row, state: { kind: "success" }, nowMs });
}

async function addEndedJobs(db: Database, count: number, nowMs: number) {
  await db.write((tx) => {
    for (let n = 0; n < count; n += 1)
      endJob(tx, "", addJob(tx, "", nowMs), nowMs);
  });
}

/** Two to a block. */
async function addAnswers(db: Database, from: number, count: number) {
  for (let n = from; n < from + count; n += 2)
    await Promise.all([answer(db, n), answer(db, n + 1)]);
}

const answer = (db: Database, requestId: number) =>
  db.hold("mutation").commit({ sessionId: "s", requestId, json: "null" });

const countAnswers = (db: Database) =>
  Array.from({ length: 1000 }, (_, requestId) =>
    db.answers.find({ sessionId: "s", requestId }),
  ).filter((found) => found !== null).length;

const count = (db: Database, table: string, component = "") =>
  db.read((tx) => tx.system.count(component, table)).value;

it("removes scheduled functions a week after they ended, however many there are, and none that has not ended", async () => {
  const { db, clock, history } = start();
  await addEndedJobs(db, 450, clock.ms);
  await db.write((tx) => addJob(tx, "", clock.ms));
  clock.ms += 7 * DAY;
  await addEndedJobs(db, 1, clock.ms);
  await history.cleanUp();
  expect(count(db, JOBS)).toBe(452);
  clock.ms += 1;
  await history.cleanUp();
  expect(count(db, JOBS)).toBe(2);
});

it("counts the week from the end, and looks into every component", async () => {
  const { db, clock, history } = start({ components: ["", "child"] });
  const early = await db.write((tx) => addJob(tx, "child", clock.ms));
  clock.ms += 6 * DAY;
  await db.write((tx) => endJob(tx, "child", early.value, clock.ms));
  clock.ms += 2 * DAY;
  await history.cleanUp();
  expect(count(db, JOBS, "child")).toBe(1);
  clock.ms += 6 * DAY;
  await history.cleanUp();
  expect(count(db, JOBS, "child")).toBe(0);
});

it("keeps the answers of mutations for a week", async () => {
  const { db, clock, history } = start();
  await addAnswers(db, 0, 4);
  clock.ms += 6 * DAY;
  await addAnswers(db, 4, 2);
  await history.cleanUp();
  expect(countAnswers(db)).toBe(6);
  clock.ms += 2 * DAY;
  await history.cleanUp();
  expect(countAnswers(db)).toBe(2);
});

it("keeps only so many answers, except for those of the last hour", async () => {
  const { db, clock, history } = start({ maxAnswers: 150 });
  await addAnswers(db, 0, 600);
  clock.ms += 2 * HOUR;
  await addAnswers(db, 600, 10);
  await history.cleanUp();
  expect(countAnswers(db)).toBe(150);
  await addAnswers(db, 610, 200);
  await history.cleanUp();
  expect(countAnswers(db)).toBe(210);
});

it("works in small transactions, and ends early when it is stopped", async () => {
  const { db, clock, history } = start();
  await addEndedJobs(db, 450, clock.ms);
  clock.ms += 8 * DAY;
  const write = vi.spyOn(db, "write");
  const cleaning = history.cleanUp();
  history.stop();
  await cleaning;
  expect(write).toHaveBeenCalledTimes(1);
  expect(count(db, JOBS)).toBe(350);
});
