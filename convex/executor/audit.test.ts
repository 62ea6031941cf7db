import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Keeper } from "../../tests/support/executor/keeper";
import { present } from "../../tests/support/executor/present";
import type { RunId } from "../../tests/support/executor/executor-harness";
import {
  completedWith,
  type StagedExecutor,
  startStaged,
} from "../../tests/support/executor/staged-executor";
import { auditFindings } from "../../tests/support/executor/whole-audit";
import { internal } from "../_generated/api";
import type { MutationCtx } from "../functions";
import type { Doc, Id } from "../_generated/dataModel";
import type { FINDINGS } from "../validators/upkeep";

const DAY_MS = 86_400_000;

let executor: StagedExecutor;
let keeper: Keeper;
beforeAll(async () => {
  executor = await startStaged();
  keeper = new Keeper(executor);
}, 60_000);
afterAll(() => executor?.stop());

async function namesFound(): Promise<string[]> {
  return [
    ...new Set((await auditFindings(executor)).map(({ name }) => name)),
  ].sort();
}

/** A whole pass, as the cron starts it. */
async function sweep(): Promise<Record<string, number>> {
  await executor.t.mutation(internal.executor.audit.sweep, {});
  for (;;) {
    await executor.pass(200);
    const pass = await executor.t.query(internal.executor.audit.counts, {});
    if (present(pass).endedAt !== null) return present(pass).counts;
  }
}

type Db = MutationCtx["db"];

/** Runs that have ended and runs that wait for all there is. What logs has a row of its own. */
async function settle() {
  const call = `().http("call", { request: () => ({ url: "http://127.0.0.1:1/" }) })`;
  const loop = await keeper.started(
    `().loop("each", { times: 4, concurrency: 2, do: (flow) => flow.code("a", ({ index }) => { console.log(index); return index; }) }).output(() => "x".repeat(70_000))`,
  );
  const asleep = await keeper.started(`().delay("nap", "300d")`);
  const asking = await keeper.started(
    `().approval("ok", { title: () => "All right?", timeout: "300d" })`,
  );
  const listening = await keeper.started(
    `().waitForEvent("it", { event: "never" })`,
  );
  const calling = await keeper.started(call);
  await executor.pass();
  return { loop, asleep, asking, listening, calling };
}

let runs: Awaited<ReturnType<typeof settle>>;
beforeAll(async () => {
  runs = await settle();
}, 60_000);

describe("an audit", () => {
  it("finds nothing where nothing is wrong", async () => {
    await executor.pass(DAY_MS);
    expect(await auditFindings(executor)).toEqual([]);
    const counts = await sweep();
    expect(counts).toMatchObject({ runs: 5 });
    expect(Object.keys(counts).sort()).toEqual(["rows", "runs"]);
  });
});

type Undo = (db: Db) => Promise<unknown>;

/** Changes a row; the answer changes it back. */
async function changed<Table extends "stepExecutions" | "workflowRuns">(
  db: Db,
  [table, id]: [Table, Id<Table>],
  change: Partial<Doc<Table>>,
): Promise<Undo> {
  const { _id, _creationTime, ...fields } = present(await db.get(table, id));
  await db.patch(table, id, change);
  return (later) => later.replace(table, id, fields as never);
}

async function stepOf(db: Db, runId: RunId, key: string) {
  const step = await db
    .query("stepExecutions")
    .withIndex("by_runId_and_key", (q) => q.eq("runId", runId).eq("key", key))
    .unique();
  return present(step);
}

async function changedStep(
  db: Db,
  [run, key]: [keyof typeof runs, string],
  change: Partial<Doc<"stepExecutions">>,
): Promise<Undo> {
  const { _id } = await stepOf(db, runs[run], key);
  return await changed(db, ["stepExecutions", _id], change);
}

async function doubled(
  db: Db,
  [run, key]: [keyof typeof runs, string],
  change: Partial<Doc<"stepExecutions">>,
): Promise<Undo> {
  const { _id, _creationTime, ...step } = await stepOf(db, runs[run], key);
  const id = await db.insert("stepExecutions", { ...step, ...change });
  return (later) => later.delete("stepExecutions", id);
}

/** A row that is missing; put back as it was, under another id. */
async function missing(
  db: Db,
  table: "approvals" | "openWaits" | "tasks",
  runId: RunId,
): Promise<Undo> {
  const rows = await db.query(table).collect();
  const row = present(rows.find((one) => one.runId === runId));
  const { _id, _creationTime, ...fields } = row;
  await db.delete(table, _id);
  return (later) => later.insert(table, fields);
}

async function orphan(db: Db): Promise<Undo> {
  const { _id, _creationTime, ...run } = present(
    await db.get("workflowRuns", runs.loop),
  );
  const runId = await db.insert("workflowRuns", run);
  await db.delete("workflowRuns", runId);
  const body = { kind: "inline", json: "1" } as const;
  const id = await db.insert("payloads", { runId, body });
  return (later) => later.delete("payloads", id);
}

async function valueGone(db: Db): Promise<Undo> {
  const run = present(await db.get("workflowRuns", runs.loop));
  const output = present(run.output);
  const id = await db.insert("payloads", {
    runId: runs.loop,
    body: { kind: "inline", json: "1" },
  });
  await db.delete("payloads", id);
  return await changed(db, ["workflowRuns", runs.loop], {
    output: { ...output, id },
  });
}

async function seatTaken(db: Db): Promise<Undo> {
  const { workflowId, organizationId } = present(
    await db.get("workflowRuns", runs.loop),
  );
  const seatId = await db.insert("runSeats", {
    ...{ organizationId, workflowId, runId: runs.loop },
    ...{ laneKey: "", rateKey: "", stage: 5, rank: 0, since: 0, movedAt: 0 },
    ...{ wakeAt: null, debounceKey: null, debounce: null },
  });
  const undo = await changed(db, ["workflowRuns", runs.loop], { seatId });
  return async (later) => {
    await undo(later);
    await later.delete("runSeats", seatId);
  };
}

async function versionGone(db: Db): Promise<Undo> {
  const { versionId } = present(await db.get("workflowRuns", runs.loop));
  const { _id, _creationTime, ...version } = present(
    await db.get("workflowVersions", versionId),
  );
  const other = await db.insert("workflowVersions", version);
  await db.delete("workflowVersions", other);
  return await changed(db, ["workflowRuns", runs.loop], { versionId: other });
}

type FindingName = keyof typeof FINDINGS;

async function ended(db: Db): Promise<Undo> {
  return await changed(db, ["workflowRuns", runs.listening], {
    state: { kind: "cancelled", by: "Tess" },
    endedAt: Date.now(),
  });
}

/** Functions cannot leave a transaction as its result. */
async function planted(plant: (db: Db) => Promise<Undo>): Promise<Undo> {
  const undo: Undo[] = [];
  await executor.t.run(async ({ db }) => {
    undo.push(await plant(db));
  });
  return present(undo[0]);
}

/** What is found when it is planted alone: some break more than one invariant. */
const PLANTED: [string, FindingName[], (db: Db) => Promise<Undo>][] = [
  [
    "a step that has ended without a time",
    ["E1_end"],
    (db) => changedStep(db, ["loop", "each[1]/a"], { endedAt: null }),
  ],
  [
    "a step in nothing",
    ["E1_outside"],
    (db) => doubled(db, ["loop", "each[1]/a"], { key: "each[9]/a" }),
  ],
  [
    "a step that is active in what has ended",
    ["E1_inside", "E4_step", "E6_left"],
    (db) =>
      changedStep(db, ["loop", "each[1]/a"], {
        state: { kind: "pending" },
        endedAt: null,
      }),
  ],
  [
    "a run that waits for a step that does not",
    ["E1_waits"],
    (db) =>
      changed(db, ["workflowRuns", runs.asleep], {
        state: {
          kind: "waiting",
          for: "delay",
          stepKey: "other",
          until: Date.now() + DAY_MS,
        },
      }),
  ],
  [
    "a step with two rows",
    ["E2_twice"],
    (db) => doubled(db, ["loop", "each[1]/a"], {}),
  ],
  [
    "a run without anything that moves it",
    ["E4_run", "E4_step"],
    (db) => missing(db, "openWaits", runs.listening),
  ],
  [
    "an approval that nobody is asked for",
    ["E4_run", "E4_step"],
    (db) => missing(db, "approvals", runs.asking),
  ],
  [
    "an effect without a task",
    ["E4_run", "E4_step"],
    (db) => missing(db, "tasks", runs.calling),
  ],
  [
    "a timer that did not fire",
    ["E4_step"],
    (db) =>
      changedStep(db, ["asleep", "nap"], {
        state: { kind: "waiting", for: "delay", until: Date.now() - DAY_MS },
      }),
  ],
  [
    "a loop that counts others",
    ["E5_counts"],
    (db) =>
      changedStep(db, ["loop", "each"], {
        loop: { total: 4, completed: 3, failed: 1, running: 0 },
      }),
  ],
  ["a run that has ended and takes up room", ["E5_seat"], seatTaken],
  ["a run that has ended and left something", ["E6_left"], ended],
  [
    "a step of another kind",
    ["E8_kind"],
    (db) => changedStep(db, ["loop", "each[1]/a"], { kind: "fail" }),
  ],
  ["a run without its version", ["E8_version"], versionGone],
  [
    "a large row",
    ["E9_large"],
    (db) =>
      changedStep(db, ["loop", "each[1]/a"], { label: "x".repeat(10_000) }),
  ],
  ["a value that is gone", ["E9_gone"], valueGone],
  ["a row of no run", ["orphan"], orphan],
];

describe("what is wrong", () => {
  it.each(PLANTED)("is found by its name: %s", async (_, names, plant) => {
    const undo = await planted(plant);
    const found = await namesFound();
    await executor.t.run(async ({ db }) => {
      await undo(db);
    });
    expect(found).toEqual(names);
    expect(await auditFindings(executor)).toEqual([]);
  });
});

describe("the cron", () => {
  it("mends an effect without a task, and counts it", async () => {
    await planted((db) => missing(db, "tasks", runs.calling));
    expect(await sweep()).toMatchObject({ E4_step: 1, repaired: 1 });
    expect(await auditFindings(executor)).toEqual([]);
    const tasks = await executor.claim();
    const output = { lines: "[]", text: "" };
    const result = completedWith({ status: 200 });
    await executor.exchange({
      reports: tasks.map(({ taskId }) => ({ taskId, result, output })),
    });
    expect((await executor.run(runs.calling)).state.kind).toBe("completed");
  });

  it("ends what a run left, and deletes rows of no run", async () => {
    await planted(orphan);
    await planted(ended);
    expect(await sweep()).toMatchObject({
      E6_left: 1,
      orphan: 1,
      repaired: 2,
    });
    await keeper.clean();
    expect(await auditFindings(executor)).toEqual([]);
    expect(await sweep()).not.toHaveProperty("repaired");
  });
});
