/** The checks that stand between a run and what comes late, twice, early or from somebody who may not: each by itself. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { present } from "../../tests/support/executor/present";
import { wrongHistories } from "../../tests/support/executor/run-histories";
import type { RunId } from "../../tests/support/executor/executor-harness";
import {
  completedWith,
  failedWith,
  type Result,
  type StagedExecutor,
  startStaged,
} from "../../tests/support/executor/staged-executor";
import { api, internal } from "../_generated/api";
import type { Id } from "../_generated/dataModel";
import { SILENCE } from "./effects/stepOutput";
import { loadTurn } from "./flow/turn";
import type { Timer } from "./flow/timerRequests";

let executor: StagedExecutor;
beforeAll(async () => {
  executor = await startStaged();
}, 120_000);
afterAll(() => executor?.stop());
afterEach(async () => {
  for (const { _id: runId, endedAt } of await executor.rows("workflowRuns"))
    if (endedAt === null) await cancel(runId);
  expect(await executor.stuckRuns()).toEqual([]);
  const [runs, steps, chunks] = await Promise.all([
    executor.rows("workflowRuns"),
    executor.rows("stepExecutions"),
    executor.rows("runEvents"),
  ]);
  expect(wrongHistories({ runs, steps, chunks })).toEqual([]);
});

const cancel = async (runId: RunId) =>
  await executor.owner.mutation(api.workflowRuns.cancel, { runId });
const stateOf = async (runId: RunId, key = "s") =>
  present((await executor.steps(runId)).get(key)).state;
const fire = async (runId: RunId, timer: Timer) =>
  await executor.t.mutation(internal.executor.timers.fire, { runId, timer });
const report = async (taskId: Id<"tasks">, result: Result, room = 0) =>
  await executor.exchange({
    reports: [{ taskId, result, output: SILENCE }],
    room,
  });
const tasksOf = async (runId: RunId) =>
  (await executor.rows("tasks")).filter((task) => task.runId === runId);

const EFFECT = (options = "") =>
  `().http("s", { request: () => ({ url: "https://example.com" }), ${options} })`;
const FIXED = (maxAttempts: number) =>
  `retry: { maxAttempts: ${maxAttempts}, backoff: "fixed", initialDelay: "1h", maxDelay: "1h" }`;

describe("a step", () => {
  it("ends once: what would end it again changes nothing (E2)", async () => {
    const runId = await executor.publishAndStart(`().delay("s", "1h")`);
    await executor.t.run(async (ctx) => {
      const turn = present(await loadTurn(ctx, runId));
      expect(await turn.end("s", { kind: "completed" })).toBe(true);
      const first = await turn.step("s");
      const ended = { ...first };
      expect(await turn.end("s", { kind: "cancelled" })).toBe(false);
      expect(await turn.end("s", { kind: "completed" }, { attempt: 7 })).toBe(
        false,
      );
      expect(await turn.step("s")).toEqual(ended);
      // Nothing is flushed: the row stays as it was.
    });
    expect((await stateOf(runId)).kind).toBe("waiting");
  });

  it("that two branches end in one turn is ended by the first", async () => {
    const runId = await executor.publishAndStart(
      `().parallel("s", { a: (f) => f.code("x", () => 1), b: (f) => f.code("y", () => 2) }, { mode: "race" })
      .code("after", ({ steps }) => steps.s)`,
    );
    await executor.pass();
    const steps = await executor.steps(runId);
    expect(steps.get("after")?.output?.preview).toContain('"a"');
    expect(steps.get("s")?.output?.preview).toContain('"a"');
  });
});

describe("a timer that comes too early", () => {
  it("does not end a delay, which ends when its time has come", async () => {
    const runId = await executor.publishAndStart(`().delay("s", "1h")`);
    await executor.pass(3_599_000);
    await fire(runId, { kind: "delay", key: "s" });
    expect((await stateOf(runId)).kind).toBe("waiting");
    await executor.pass(1_000);
    expect((await stateOf(runId)).kind).toBe("completed");
  });

  it("of an earlier attempt does not start the next one", async () => {
    const runId = await executor.publishAndStart(EFFECT(FIXED(5)));
    const [first] = await executor.claim();
    await report(present(first).taskId, failedWith(true));
    await executor.pass(3_600_000);
    const [second] = await executor.claim();
    await report(present(second).taskId, failedWith(true));
    await fire(runId, { kind: "retry", key: "s", attempt: 1 });
    expect((await stateOf(runId)).kind).toBe("retrying");
    expect(await tasksOf(runId)).toEqual([]);
  });
});

describe("a report", () => {
  it("about a task that nobody has claimed is not believed", async () => {
    const runId = await executor.publishAndStart(EFFECT());
    const [task] = await tasksOf(runId);
    await report(present(task)._id, completedWith("forged"));
    expect((await stateOf(runId)).kind).toBe("pending");
    expect(await tasksOf(runId)).toEqual([task]);
    const [claimed] = await executor.claim();
    await report(present(claimed).taskId, completedWith("true"));
    const { output } = present((await executor.steps(runId)).get("s"));
    expect(output?.preview).toBe('"true"');
  });

  it("hands out what follows only as far as there is room", async () => {
    const runId = await executor.publishAndStart(
      `${EFFECT()}.loop("l", { times: 5, concurrency: 5, do: (f) => f.http("h", { request: () => ({ url: "https://example.com" }) }) })`,
    );
    const [claimed] = await executor.claim(1);
    const answer = await report(
      present(claimed).taskId,
      completedWith(1),
      /* room */ 2,
    );
    expect(answer.kind === "ok" && answer.tasks).toHaveLength(2);
    const left = (await tasksOf(runId)).filter((t) => t.claimedBy === null);
    expect(left).toHaveLength(3);
  });

  it("of a failure after workers died counts as the first (E3)", async () => {
    const runId = await executor.publishAndStart(EFFECT(FIXED(2)));
    for (let deaths = 0; deaths < 3; deaths++) {
      await executor.claim();
      await executor.killWorker();
    }
    const [claimed] = await executor.claim();
    expect(claimed?.attempt).toBe(4);
    await report(present(claimed).taskId, failedWith(true));
    expect((await stateOf(runId)).kind).toBe("retrying");
  });
});

describe("a cancel", () => {
  it("closes what waits, ends what runs, and gives nothing more to workers (E6)", async () => {
    const runId = await executor.publishAndStart(
      `().parallel("all", {
        effect: (f) => f.http("h", { request: () => ({ url: "https://example.com" }) }),
        ready: (f) => f.http("r", { request: () => ({ url: "https://example.com" }) }),
        event: (f) => f.waitForEvent("e", { event: "fence.event" }),
        person: (f) => f.approval("a", { title: "?" }),
        nap: (f) => f.delay("d", "1h"),
      })`,
    );
    await executor.claim(1);
    await cancel(runId);
    const own = <Row extends { runId: RunId }>(rows: Row[]) =>
      rows.filter((row) => row.runId === runId);
    expect(own(await executor.rows("openWaits"))).toEqual([]);
    expect(own(await executor.rows("tasks"))).toEqual([]);
    expect(own(await executor.rows("approvals"))).toMatchObject([
      { outcome: "cancelled" },
    ]);
    const attempts = await executor.rows("stepAttempts");
    expect(attempts.filter(({ status }) => status === "running")).toEqual([]);
    const before = await executor.steps(runId);
    expect([...before.values()].map(({ state }) => state.kind)).not.toContain(
      "waiting",
    );
    await executor.owner.mutation(api.events.send, {
      organizationId: executor.organizationId,
      name: "fence.event",
    });
    await executor.pass(2 * 3_600_000);
    expect(await executor.steps(runId)).toEqual(before);
    expect(await executor.claim()).toEqual([]);
  });
});

describe("an event that is on its way", () => {
  it("is not overtaken by the timeout of its wait", async () => {
    const runId = await executor.publishAndStart(
      `().waitForEvent("s", { event: "fence.late", timeout: "1h" })`,
    );
    await executor.owner.mutation(api.events.send, {
      organizationId: executor.organizationId,
      name: "fence.late",
    });
    await fire(runId, { kind: "waitTimeout", key: "s" });
    await executor.pass();
    expect((await stateOf(runId)).kind).toBe("completed");
  });
});
