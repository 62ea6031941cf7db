/** How workers come and go: who wakes one claims for it, who has nothing to do sleeps, and one watch looks after a slot. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { RunId } from "../../tests/support/executor/executor-harness";
import { present } from "../../tests/support/executor/present";
import {
  completedWith,
  type StagedExecutor,
  startStaged,
} from "../../tests/support/executor/staged-executor";
import { internal } from "../_generated/api";
import { SILENCE } from "./effects/stepOutput";

const http = (name: string) =>
  `.http("${name}", { request: () => ({ url: "https://example.com/${name}" }) })`;
const CHAIN = `()${http("first")}${http("second")}`;

let executor: StagedExecutor;
beforeEach(async () => {
  executor = await startStaged();
});
afterEach(() => executor.stop());

async function slot() {
  return present((await executor.rows("workerSlots"))[0]);
}

function claimedFor(generation: number) {
  const worker = { slot: 0, generation };
  return executor.t.mutation(internal.executor.exchange.claimed, worker);
}

async function attemptsOf(runId: RunId) {
  const ids = [...(await executor.steps(runId)).values()].map((s) => s._id);
  const rows = await executor.rows("stepAttempts");
  return rows.filter(({ stepId }) => ids.includes(stepId));
}

/** Its first task is claimed for the worker that the start has woken. */
async function startAsleep(): Promise<RunId> {
  await executor.goIdle();
  return await executor.publishAndStart(CHAIN);
}

async function watches(): Promise<number> {
  const jobs = await executor.t.run(({ db }) =>
    db.system.query("_scheduled_functions").collect(),
  );
  return jobs.filter(
    ({ name, state }) =>
      name.includes("checkLease") && state.kind === "pending",
  ).length;
}

describe("a worker that is woken", () => {
  it("finds claimed what woke it, and nobody else does", async () => {
    const runId = await startAsleep();
    const { generation, state } = await slot();
    expect(state.kind).toBe("running");
    expect(generation).toBe(executor.generation + 1);
    const step = present((await executor.steps(runId)).get("first"));
    expect(step.state.kind).toBe("running");
    const claimed = present((await claimedFor(generation)) ?? undefined);
    expect(claimed.map(({ stepKey }) => stepKey)).toEqual(["first"]);
    expect(await claimedFor(executor.generation)).toBeNull();
  });

  it("has all that its turn made, up to its places", async () => {
    vi.stubEnv("EXECUTOR_SLOT_CONCURRENCY", "4");
    await executor.goIdle();
    await executor.publishAndStart(
      `().loop("all", { times: 6, concurrency: 6, do: (flow) => flow${http("ask")} })`,
    );
    const { generation } = await slot();
    expect(await claimedFor(generation)).toHaveLength(4);
    const rest = (await executor.rows("tasks")).filter(
      ({ claimedBy }) => claimedBy === null,
    );
    expect(rest).toHaveLength(2);
  });

  it("and dies before it asks: the attempt is made again, uncounted", async () => {
    const runId = await startAsleep();
    await executor.killWorker();
    const [task] = await executor.claim();
    expect(task).toMatchObject({ stepKey: "first", attempt: 2 });
    expect(
      (await attemptsOf(runId)).map(({ number, status }) => [number, status]),
    ).toEqual([
      [1, "interrupted"],
      [2, "running"],
    ]);
  });

  it("and finds its run cancelled has nothing to do", async () => {
    const runId = await startAsleep();
    await executor.cancel(runId);
    expect(await claimedFor((await slot()).generation)).toEqual([]);
  });
});

describe("a worker with nothing in flight", () => {
  it("sleeps in the exchange that takes its last report", async () => {
    await executor.publishAndStart(CHAIN);
    const [task] = await executor.claim();
    const next = await report(present(task).taskId);
    expect(next.kind).toBe("ok");
    const { taskId } = present(next.kind === "ok" ? next.tasks[0] : undefined);
    expect(await report(taskId)).toEqual({ kind: "idle" });
    expect((await slot()).state).toEqual({ kind: "idle" });
  });

  it("does not sleep while a task is ready that it has no room for", async () => {
    await executor.publishAndStart(CHAIN);
    const answer = await executor.exchange({ room: 0, mayRest: true });
    expect(answer.kind).toBe("ok");
    expect((await slot()).state.kind).toBe("running");
  });

  const report = (taskId: Parameters<typeof reportOf>[0]) =>
    executor.exchange({ reports: [reportOf(taskId)], room: 64, mayRest: true });
  const reportOf = (
    taskId: Awaited<ReturnType<StagedExecutor["claim"]>>[number]["taskId"],
  ) => ({ taskId, result: completedWith(1), output: SILENCE });
});

it("one watch looks after a slot, however many workers follow each other", async () => {
  for (let i = 0; i < 3; i++) {
    await startAsleep();
    await executor.killWorker();
    for (const { runId } of await executor.claim())
      await executor.cancel(runId);
  }
  expect(await watches()).toBe(1);
});
