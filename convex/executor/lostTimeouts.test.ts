/** E4: the time of a run and of steps around others ends, also when the timer for it is lost. */
import { describe, expect, it } from "vitest";
import type { RunId } from "../../tests/support/executor/executor-harness";
import {
  loseJobs,
  sweepAfterMinute,
} from "../../tests/support/executor/lost-jobs";
import { present } from "../../tests/support/executor/present";
import { useStagedExecutor } from "../../tests/support/executor/use-executor";
import { auditFindings } from "../../tests/support/executor/whole-audit";
import { internal } from "../_generated/api";
import { parseEvents } from "./runs/eventLog";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

const executor = useStagedExecutor();

/** Its timers are lost as soon as it has begun. */
async function startWithoutTimers(chain: string): Promise<RunId> {
  const runId = await executor.publishAndStart(chain);
  await executor.pass();
  await loseJobs(executor, "fire");
  return runId;
}

async function errorOf(runId: RunId) {
  const { state, error } = await executor.run(runId);
  return { kind: state.kind, code: error?.code, message: error?.message };
}

async function stateOf(runId: RunId, key: string): Promise<string> {
  return present((await executor.steps(runId)).get(key)).state.kind;
}

/** How often its history says that a timer of this kind did something. */
async function timersIn(runId: RunId, kind: string): Promise<number> {
  const chunks = await executor.rows("runEvents");
  return chunks
    .filter((chunk) => chunk.runId === runId)
    .flatMap(({ events }) => parseEvents(events))
    .filter((event) => event.type === "timer" && event.timer === kind).length;
}

/** All that is stored about the run. */
async function rowsOf(runId: RunId) {
  const events = await executor.rows("runEvents");
  return {
    run: await executor.run(runId),
    steps: await executor.steps(runId),
    events: events.filter((chunk) => chunk.runId === runId),
  };
}

async function lateFindings(runId: RunId): Promise<string[]> {
  return (await auditFindings(executor))
    .filter((finding) => finding.runId === runId)
    .map(({ name, stepKey }) => `${name} ${stepKey ?? ""}`.trim());
}

const NAP = `(flow) => flow.delay("nap", "9h")`;

describe("the time of a run", () => {
  it("ends it with the error that its timer would have made", async () => {
    const runId = await startWithoutTimers(
      `({ timeout: "1h" }).delay("nap", "9h")`,
    );
    await executor.pass(HOUR);
    expect((await executor.run(runId)).endedAt).toBeNull();
    await sweepAfterMinute(executor);
    expect(await errorOf(runId)).toEqual({
      kind: "failed",
      code: "timeout",
      message: "The run took longer than its timeout of 3600 s.",
    });
    expect(await stateOf(runId, "nap")).toBe("cancelled");
  });

  it("is not up a moment earlier, nor within the time that a timer may be late", async () => {
    const runId = await startWithoutTimers(
      `({ timeout: "1h" }).delay("nap", "9h")`,
    );
    const before = await rowsOf(runId);
    await executor.pass(57 * MINUTE);
    await sweepAfterMinute(executor);
    await sweepAfterMinute(executor);
    await sweepAfterMinute(executor);
    // Between the deadline and the grace after it.
    expect(Date.now() - before.run.createdAt).toBeGreaterThan(HOUR);
    expect(await rowsOf(runId)).toEqual(before);
    await sweepAfterMinute(executor);
    expect((await executor.run(runId)).state.kind).toBe("failed");
  });

  it("ends it while it goes on with a backlog", async () => {
    const runId = await executor.publishAndStart(
      `({ timeout: "1h" }).loop("many", { times: 300, do: (flow) => flow.code("x", () => 1) }).delay("nap", "9h")`,
    );
    expect((await executor.run(runId)).backlog).not.toEqual([]);
    await loseJobs(executor, "resume");
    await loseJobs(executor, "fire");
    await executor.pass(HOUR);
    await sweepAfterMinute(executor);
    expect(await errorOf(runId)).toMatchObject({ code: "timeout" });
  });

  it("begins when the run does, not when it was asked for", async () => {
    const limited = `({ timeout: "2h", concurrency: { limit: 1 } }).delay("nap", "9h")`;
    const first = await executor.publishAndStart(limited);
    const second = await executor.publishAndStart(limited);
    await executor.pass(HOUR);
    expect((await executor.run(second)).state.kind).toBe("queued");
    await executor.cancel(first);
    await executor.pass();
    await loseJobs(executor, "fire");
    await executor.pass(HOUR + 10 * MINUTE);
    await sweepAfterMinute(executor);
    expect((await executor.run(second)).state.kind).toBe("waiting");
    await executor.pass(HOUR);
    await sweepAfterMinute(executor);
    expect(await errorOf(second)).toMatchObject({ code: "timeout" });
  });

  it("is up once: sweeps and timers that come with it or later change nothing", async () => {
    const runId = await startWithoutTimers(
      `({ timeout: "1h", onFailure: (flow) => flow.delay("nap", "9h") }).delay("long", "99h")`,
    );
    await executor.pass(HOUR + 2 * MINUTE);
    const { repairRuns } = internal.executor.repairs;
    for (const kind of ["waiting", "running", "waiting"] as const)
      await executor.t.mutation(repairRuns, { kind, after: 0 });
    await executor.pass();
    expect(await timersIn(runId, "runTimeout")).toBe(1);
    const failing = await rowsOf(runId);
    expect(failing.run.failing).toMatchObject({ name: "TimeoutError" });
    expect(await stateOf(runId, "onFailure/nap")).toBe("waiting");
    await sweepAfterMinute(executor);
    await sweepAfterMinute(executor);
    expect(await rowsOf(runId)).toEqual(failing);
    await executor.cancel(runId);
  });
});

describe("the time of a step around others", () => {
  const containers = {
    condition: `.condition("around", { timeout: "1h", if: () => true, then: ${NAP} })`,
    switch: `.switch("around", { timeout: "1h", on: () => "a", cases: { a: ${NAP} } })`,
    parallel: `.parallel("around", { a: ${NAP}, b: ${NAP} }, { timeout: "1h" })`,
    loop: `.loop("around", { timeout: "1h", times: 3, concurrency: 2, do: ${NAP} })`,
  };
  it.each(Object.entries(containers))(
    "cuts off a %s with what is inside it",
    async (_, chain) => {
      const runId = await startWithoutTimers(`()${chain}`);
      await executor.pass(HOUR);
      await sweepAfterMinute(executor);
      expect(await errorOf(runId)).toEqual({
        kind: "failed",
        code: "timeout",
        message: "The step took longer than its timeout of 3600 s.",
      });
      const { around, ...inside } = Object.fromEntries(
        [...(await executor.steps(runId))].map(([key, { state }]) => [
          key,
          state.kind,
        ]),
      );
      expect(around).toBe("failed");
      expect(new Set(Object.values(inside))).toEqual(new Set(["cancelled"]));
    },
  );

  it("is counted from its own beginning, and ends it alone", async () => {
    const around = `(flow) => flow.condition("around", { timeout: "1h", onError: "continue", if: () => true, then: ${NAP} })`;
    const runId = await startWithoutTimers(
      `().parallel("both", { now: ${around}, later: (flow) => flow.delay("first", "30m").condition("around", { timeout: "1h", onError: "continue", if: () => true, then: ${NAP} }) })`,
    );
    const states = async () => [
      await stateOf(runId, "both/now/around"),
      await stateOf(runId, "both/later/around"),
    ];
    await executor.pass(30 * MINUTE);
    await sweepAfterMinute(executor);
    expect(await states()).toEqual(["running", "running"]);
    await loseJobs(executor, "fire");
    await executor.pass(30 * MINUTE);
    await sweepAfterMinute(executor);
    expect(await states()).toEqual(["failed", "running"]);
    await executor.pass(30 * MINUTE);
    await sweepAfterMinute(executor);
    expect(await states()).toEqual(["failed", "failed"]);
    expect((await executor.run(runId)).state.kind).toBe("completed");
    expect(await timersIn(runId, "stepTimeout")).toBe(2);
  });

  it("that its timer has ended is left alone afterwards", async () => {
    const runId = await executor.publishAndStart(
      `({ timeout: "90h" }).condition("early", { timeout: "1h", onError: "continue", if: () => true, then: ${NAP} }).delay("nap", "80h")`,
    );
    await executor.pass(HOUR);
    expect(await stateOf(runId, "early")).toBe("failed");
    const before = await rowsOf(runId);
    for (let minutes = 0; minutes < 3; minutes++)
      await sweepAfterMinute(executor);
    expect(await rowsOf(runId)).toEqual(before);
    expect(before.run.stalled).toBeUndefined();
    expect(await timersIn(runId, "stepTimeout")).toBe(1);
    await executor.cancel(runId);
  });
});

describe("the audit", () => {
  it("names what goes on although its time is up", async () => {
    const runId = await startWithoutTimers(
      `({ timeout: "1h" }).condition("around", { timeout: "50m", if: () => true, then: ${NAP} })`,
    );
    expect(await lateFindings(runId)).toEqual([]);
    await executor.pass(HOUR + 30 * SECOND);
    expect(await lateFindings(runId)).toEqual(["E4_late around"]);
    await executor.pass(MINUTE);
    expect(await lateFindings(runId)).toEqual(["E4_late", "E4_late around"]);
    await sweepAfterMinute(executor);
    expect(await lateFindings(runId)).toEqual([]);
    expect((await executor.run(runId)).state.kind).toBe("failed");
  });

  it("names a run inside whose step has no time left", async () => {
    await executor.publishAndStart(`().delay("nap", "900h")`);
    const { workflowSlug } = present(
      (await executor.rows("workflowRuns")).at(-1),
    );
    const runId = await executor.publishAndStart(
      `().run("inner", { workflow: "${workflowSlug}", timeout: "1h" })`,
    );
    await executor.pass();
    await loseJobs(executor, "fire");
    await executor.pass(HOUR + 2 * MINUTE);
    expect(await lateFindings(runId)).toEqual(["E4_late inner"]);
    await sweepAfterMinute(executor);
    expect(await errorOf(runId)).toMatchObject({ code: "timeout" });
  });
});
