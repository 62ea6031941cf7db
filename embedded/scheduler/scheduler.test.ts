import { afterEach, describe, expect, it } from "vitest";
import { systemRows } from "../runtime/execution";
import type { JobRow } from "../runtime/scheduled-jobs";
import {
  startTestBackend,
  type TestBackend,
} from "../runtime/testing/test-backend";
import { replaceCrons } from "./cron-rows";
import { Scheduler } from "./scheduler";

const SOURCE = `import { queryGeneric as query, mutationGeneric as mutation, actionGeneric as action, makeFunctionReference } from "convex/server";
export const add = mutation(async (ctx, { text }) => { await ctx.db.insert("notes", { text }); });
export const fails = mutation(async (ctx) => { await ctx.db.insert("notes", { text: "lost" }); throw new Error("no"); });
export const act = action(async (ctx) => { await ctx.runMutation(makeFunctionReference("m:add"), { text: "acted" }); });
export const schedule = mutation(async (ctx, { name, delayMs, args }) =>
  await ctx.scheduler.runAfter(delayMs, makeFunctionReference(name), args));
export const cancel = mutation(async (ctx, { id }) => { await ctx.scheduler.cancel(id); });
export const list = query(async (ctx) => (await ctx.db.query("notes").collect()).map((note) => note.text));`;

let running: { backend: TestBackend; scheduler: Scheduler } | null = null;
afterEach(async () => {
  await running?.scheduler.stop();
  await running?.backend.close();
  running = null;
});

function createScheduler(backend: TestBackend): Scheduler {
  return new Scheduler({
    database: backend.database,
    runtime: backend.runtime,
    components: () => backend.runtime.components(),
    clock: { now: () => Date.now() },
    parallelism: 8,
  });
}

async function start(): Promise<TestBackend> {
  const backend = await startTestBackend({ "m.ts": SOURCE });
  running = { backend, scheduler: createScheduler(backend) };
  await running.scheduler.start();
  return backend;
}

const jobs = (backend: TestBackend): JobRow[] =>
  backend.database.read(
    (tx) => systemRows(tx, "", "_scheduled_functions") as JobRow[],
  ).value;

async function schedule(
  backend: TestBackend,
  name: string,
  args: object = {},
  delayMs = 0,
): Promise<string> {
  const outcome = await backend.runtime.runMutation(
    backend.call("m:schedule", { name, delayMs, args: { ...args } }),
  );
  if (outcome.kind === "failed") throw new Error(outcome.errorMessage);
  return String(outcome.value);
}

function notes(backend: TestBackend): unknown {
  const outcome = backend.runtime.runQuery(backend.call("m:list"));
  return outcome.kind === "ok" ? outcome.value : outcome.errorMessage;
}

const states = (backend: TestBackend) =>
  jobs(backend).map((job) => job.state.kind);

describe("the scheduler", () => {
  it("runs scheduled mutations and actions once", async () => {
    const backend = await start();
    await schedule(backend, "m:add", { text: "later" });
    await schedule(backend, "m:act");
    await expect
      .poll(() => states(backend), { timeout: 5000 })
      .toEqual(["success", "success"]);
    expect(notes(backend)).toEqual(expect.arrayContaining(["later", "acted"]));
    expect(notes(backend)).toHaveLength(2);
  });

  it("records the error of a failing mutation and none of its writes", async () => {
    const backend = await start();
    await schedule(backend, "m:fails");
    await expect.poll(() => states(backend)).toEqual(["failed"]);
    expect(jobs(backend)[0]?.state).toMatchObject({
      error: expect.stringContaining("Uncaught Error: no"),
    });
    expect(notes(backend)).toEqual([]);
  });

  it("does not run what was canceled", async () => {
    const backend = await start();
    const id = await schedule(backend, "m:add", { text: "never" }, 1_000);
    await backend.runtime.runMutation(backend.call("m:cancel", { id }));
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    expect([states(backend), notes(backend)]).toEqual([["canceled"], []]);
  });

  it("runs what a previous process left pending and fails the actions it left running", async () => {
    const backend = await startTestBackend({ "m.ts": SOURCE });
    await schedule(backend, "m:add", { text: "left" });
    await backend.database.write((tx) => {
      const row = {
        name: "m.js:act",
        args: [{}],
        scheduledTime: 1,
        state: { kind: "inProgress" },
      };
      tx.system.insert("", "_scheduled_functions", row);
    });
    running = { backend, scheduler: createScheduler(backend) };
    await running.scheduler.start();
    await expect.poll(() => states(backend)).toEqual(["success", "failed"]);
    expect(notes(backend)).toEqual(["left"]);
  });

  it("runs an interval cron at once and again after its interval", async () => {
    const backend = await start();
    const spec = {
      name: "m:add",
      args: [{ text: "tick" }],
      schedule: { type: "interval", seconds: 1 },
    };
    await backend.database.write((tx) =>
      replaceCrons(tx, "", [{ identifier: "tick", spec }], Date.now()),
    );
    await expect
      .poll(() => notes(backend), { timeout: 4000 })
      .toEqual(["tick", "tick"]);
  });
});
