import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  newTestDatabase,
  type TestClock,
} from "../database/testing/test-database";
import { LostGroup } from "../database/lost-group";
import type { Database, Transaction } from "../database/types";
import {
  getJob,
  insertJob,
  type JobState,
  setJobState,
} from "../runtime/scheduled-jobs";
import type {
  ActionOutcome,
  FunctionCall,
  MutationOutcome,
} from "../runtime/types";
import { StorageError } from "../storage/storage-error";
import { jobsInProgress } from "./due-jobs";
import { listCrons, replaceCrons } from "./cron-rows";
import { Scheduler } from "./scheduler";

const FULL = new StorageError("disk-full", "The disk is full.");
const SOON = { timeout: 10_000 };

let db: Database;
let clock: TestClock;
let scheduler: Scheduler;
let isFull = false;
let started: string[] = [];
let refused = 0;

beforeEach(() => {
  ({ db, clock } = newTestDatabase());
  isFull = false;
  started = [];
  refused = 0;
  waitForEnd = () => Promise.resolve();
  scheduler = new Scheduler({
    database: refusing(db),
    runtime: { runMutation, runAction, udfTypeOf },
    components: () => [""],
    clock: { now: () => (clock.ms = Date.now()) },
    parallelism: 2,
  });
});
afterEach(async () => {
  isFull = false;
  await scheduler.stop();
  db.close();
});

/** Refuses what is to be written while the disk is full. */
function refusing(database: Database): Database {
  return new Proxy(database, {
    get: (target, name): unknown => {
      if (name === "write" && isFull)
        return (body: (tx: Transaction) => unknown) =>
          target.write((tx) => {
            body(tx);
            refused += 1;
            throw FULL;
          });
      const value: unknown = Reflect.get(target, name, target);
      if (!(value instanceof Function)) return value;
      return (...args: unknown[]): unknown =>
        Reflect.apply(value, target, args);
    },
  });
}

/** As the runtime does: the job's row changes in the mutation's own transaction. */
async function runMutation(call: FunctionCall): Promise<MutationOutcome> {
  started.push(call.path);
  if (isFull)
    return { kind: "failed", errorMessage: "", logLines: [], isUnstored: true };
  const id = call.scheduledFunctionId ?? "";
  const { ts } = await db.write((tx) => {
    const row = getJob(tx, "", id);
    if (row === null) throw new Error("no such job");
    setJobState(tx, "", { row, state: { kind: "success" }, nowMs: 1 });
  });
  return { kind: "ok", value: null, logLines: [], ts };
}

let onAction: () => void = () => undefined;
let waitForEnd: () => Promise<void> = () => Promise.resolve();
async function runAction(call: FunctionCall): Promise<ActionOutcome> {
  started.push(call.path);
  onAction();
  await waitForEnd();
  return { kind: "ok", value: null, logLines: [] };
}

function udfTypeOf(_component: string, path: string): "Mutation" | "Action" {
  return path.startsWith("act") ? "Action" : "Mutation";
}

async function schedule(
  name: string,
  state?: JobState,
  delayMs = 0,
): Promise<string> {
  const nowMs = Date.now();
  const job = { name, args: {}, scheduledTime: nowMs + delayMs, nowMs };
  const withState = state === undefined ? job : { ...job, state };
  return (await db.write((tx) => insertJob(tx, "", withState))).value;
}

const stateOf = (id: string) =>
  db.read((tx) => getJob(tx, "", id)).value?.state.kind;

describe("what is due", () => {
  it("is run once, however much more it is than may run at the same time", async () => {
    await scheduler.start();
    const names = ["a", "b", "c", "d", "e", "f", "g"];
    const jobs = names.flatMap((name) => [`act:${name}`, `mutate:${name}`]);
    const ids = await Promise.all(jobs.map((name) => schedule(name)));
    await expect
      .poll(() => ids.map(stateOf), SOON)
      .toEqual(jobs.map(() => "success"));
    expect([...started].sort()).toEqual([...jobs].sort());
  });

  it("is not run when the group that scheduled it is lost", async () => {
    await scheduler.start();
    const lost = schedule("act:lost").catch((error: unknown) => error);
    const lostToo = schedule("mutate:lost").catch((error: unknown) => error);
    await new Promise<void>((resolve) => process.nextTick(resolve));
    db.loseGroup(FULL);
    expect(await Promise.all([lost, lostToo])).toEqual([FULL, FULL]);
    const ids = [await schedule("act:kept"), await schedule("mutate:kept")];
    await expect
      .poll(() => ids.map(stateOf), SOON)
      .toEqual(["success", "success"]);
    expect(started.filter((path) => path.startsWith("act"))).toEqual([
      "act:kept",
    ]);
    expect(db.read((tx) => jobsInProgress(tx, "")).value).toEqual([]);
  });

  it("has its end recorded although the group that was to have it is lost", async () => {
    let end: () => void = () => undefined;
    const ending = new Promise<void>((resolve) => (end = resolve));
    waitForEnd = () => ending;
    await scheduler.start();
    const id = await schedule("act:a");
    await expect.poll(() => started, SOON).toEqual(["act:a"]);
    end();
    await new Promise<void>((resolve) => process.nextTick(resolve));
    db.loseGroup(new LostGroup());
    expect(stateOf(id)).toBe("inProgress");
    await expect.poll(() => stateOf(id), SOON).toBe("success");
    expect(started).toEqual(["act:a"]);
  });

  it("is claimed on disk together with what scheduled it", async () => {
    let end: () => void = () => undefined;
    const ending = new Promise<void>((resolve) => (end = resolve));
    waitForEnd = () => ending;
    await scheduler.start();
    expect(stateOf(await schedule("act:a"))).toBe("inProgress");
    const later = await schedule("act:later", undefined, 60_000);
    expect(stateOf(later)).toBe("pending");
    end();
  });
});

describe("while the disk refuses writes", () => {
  it("mutations and actions that are due wait, and run soon after it takes them again", async () => {
    const jobs = ["mutate:a", "act:a", "act:b", "act:c"];
    const ids = await Promise.all(jobs.map((name) => schedule(name)));
    isFull = true;
    await scheduler.start();
    await expect.poll(() => refused, SOON).toBeGreaterThan(1);
    expect(started).toEqual([]);
    expect(new Set(ids.map(stateOf))).toEqual(new Set(["pending"]));
    isFull = false;
    await expect
      .poll(() => ids.map(stateOf), SOON)
      .toEqual(jobs.map(() => "success"));
    expect(started.filter((path) => path === "act:a")).toHaveLength(1);
  });

  it("the end of an action is recorded later, and the action is not repeated", async () => {
    onAction = () => (isFull = true);
    const id = await schedule("act:a");
    await scheduler.start();
    await expect.poll(() => started, SOON).toEqual(["act:a"]);
    expect(stateOf(id)).toBe("inProgress");
    onAction = () => undefined;
    isFull = false;
    await expect.poll(() => stateOf(id), SOON).toBe("success");
    expect(started).toEqual(["act:a"]);
  });

  it("the start goes on, and what the last process left running is recorded later", async () => {
    const id = await schedule("act:a", { kind: "inProgress" });
    isFull = true;
    await scheduler.start();
    expect(stateOf(id)).toBe("inProgress");
    isFull = false;
    await expect.poll(() => stateOf(id), SOON).toBe("failed");
    expect(started).toEqual([]);
  });

  it("crons that are due wait", async () => {
    const spec = {
      name: "mutate:tick",
      args: [{}],
      schedule: { type: "interval", seconds: 3600 },
    };
    await db.write((tx) =>
      replaceCrons(tx, "", [{ identifier: "tick", spec }], Date.now() - 1),
    );
    isFull = true;
    await scheduler.start();
    await expect.poll(() => refused, SOON).toBeGreaterThan(0);
    const isFired = () =>
      db.read((tx) => listCrons(tx, "")).value[0]?.jobId !== null;
    expect(isFired()).toBe(false);
    isFull = false;
    await expect.poll(() => started, SOON).toEqual(["mutate:tick"]);
    expect(isFired()).toBe(true);
  });
});
