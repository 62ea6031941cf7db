/** What a worker says of a task too late, or again; and what a cancel leaves it nothing to say of. */
import { describe, expect, it } from "vitest";
import { SILENCE } from "./effects/stepOutput";
import { api } from "../_generated/api";
import { json } from "../../tests/support/answering-server";
import type { ExecutorHarness } from "../../tests/support/executor/executor-harness";
import {
  attemptsOf,
  call,
  never,
} from "../../tests/support/executor/http-calls";
import { present } from "../../tests/support/executor/present";
import { useExecutor } from "../../tests/support/executor/use-executor";

const executor = useExecutor();

describe("a cancel in the middle", () => {
  it("ends run, steps and tasks together, aborts requests, and nothing changes afterwards (E6)", async () => {
    executor.server.answer = ({ path }, response) => {
      if (path === "/fast") json(response, {});
    };
    const runId = await executor.publishAndStart(`()
      .http("before", { request: () => ({ url: "$server/fast" }) })
      .loop("calls", { times: 8, concurrency: 5, do: (flow) => flow
        .http("call", { request: ({ index }) => ({ url: "$server/slow/" + index }) }) })
      .code("after", () => 1)`);
    await executor.server.until(() => executor.server.open === 5);
    await executor.client.mutation(api.workflowRuns.cancel, { runId });
    const everything = async () => ({
      run: await executor.run(runId),
      steps: [...(await executor.steps(runId)).values()],
      iterations: await executor.children(runId, "calls"),
      call: await executor.children(runId, "calls[4]"),
      attempts: await executor.attempts(
        present((await executor.children(runId, "calls[4]"))[0]),
      ),
    });
    const cancelled = await everything();
    expect(cancelled.run.state).toEqual({
      kind: "cancelled",
      by: "Tess Owner",
    });
    expect(await executor.tasksOf(runId)).toEqual([]);
    expect(cancelled.steps.map(({ key, state }) => [key, state.kind])).toEqual([
      ["before", "completed"],
      ["calls", "cancelled"],
    ]);
    expect(cancelled.iterations).toHaveLength(5);
    expect(cancelled.attempts).toMatchObject([{ status: "cancelled" }]);
    await executor.server.until(() => executor.server.open === 0);
    expect(executor.server.asked.filter(({ aborted }) => aborted)).toHaveLength(
      5,
    );
    await someOtherRunEnds();
    expect(await everything()).toEqual(cancelled);
    await expect(
      executor.client.mutation(api.workflowRuns.cancel, { runId }),
    ).rejects.toThrow(/already ended/);
  });

  it("ends a run that sleeps", async () => {
    const runId = await executor.publishAndStart(`().delay("long", "1h")`);
    await executor.client.mutation(api.workflowRuns.cancel, { runId });
    expect((await executor.step(runId, "long")).state.kind).toBe("cancelled");
  });
});

/** Reports of one worker come in order: when this has ended, those before it have been applied. */
async function someOtherRunEnds(): Promise<void> {
  executor.server.answer = (_, response) => json(response, {});
  const workflowId = await executor.publish(`()${call()}`);
  for (let i = 0; i < 4; i++)
    await executor.untilEnded(await executor.start(workflowId));
}

describe("a report (E2)", () => {
  const failed = {
    kind: "failed" as const,
    error: {
      name: "Late",
      message: "late",
      code: "late",
      retryable: false,
      frames: [],
    },
    retryAfterMs: null,
  };

  async function inFlight() {
    await executor.server.until(() => executor.server.open === 0);
    executor.server.answer = never;
    const runId = await executor.publishAndStart(`()${call()}
      .output(({ steps }) => steps.call)`);
    await executor.server.until(() => executor.server.open === 1);
    const task = present((await executor.tasksOf(runId))[0]);
    const slots = await executor.table("workerSlots");
    const { slot, generation } = present(
      slots.find((row) => row.slot === task.slot),
    );
    const report = (
      result: Parameters<
        ExecutorHarness["exchange"]
      >[0]["reports"][0]["result"],
      change = {},
    ) =>
      executor.exchange({
        slot,
        generation,
        reports: [{ taskId: task._id, result, output: SILENCE }],
        said: [],
        room: 0,
        inFlight: [task._id],
        extendLease: false,
        mayRest: false,
        ...change,
      });
    return { runId, report, slot, generation, taskId: task._id };
  }
  const ok = (json: string) =>
    ({ kind: "completed", output: { kind: "inline", json } }) as const;

  it("of a worker that was superseded changes nothing", async () => {
    const { runId, report, generation } = await inFlight();
    const before = await executor.step(runId, "call");
    expect(await report(failed, { generation: generation - 1 })).toEqual({
      kind: "superseded",
    });
    expect(await report(failed, { generation: generation + 1 })).toEqual({
      kind: "superseded",
    });
    expect(await executor.step(runId, "call")).toEqual(before);
    await report(ok('"first"'));
    expect(await executor.outputOf(runId)).toBe("first");
  });

  it("that comes again, or later with something else, changes nothing", async () => {
    const { runId, report, taskId } = await inFlight();
    await report(ok('"first"'));
    const ended = await executor.untilEnded(runId);
    const step = await executor.step(runId, "call");
    const attempts = await attemptsOf(executor, runId);
    expect(await report(ok('"second"'))).toMatchObject({ gone: [taskId] });
    await report(failed);
    await executor.server.until(() => executor.server.open === 0);
    expect(await executor.run(runId)).toEqual(ended);
    expect(await executor.step(runId, "call")).toEqual(step);
    expect(await attemptsOf(executor, runId)).toEqual(attempts);
    expect(await executor.outputOf(runId)).toBe("first");
  });

  it("that leads to a turn that cannot be taken ends the run, and no other", async () => {
    const { runId, taskId, slot, generation } = await inFlight();
    const abandon = (change = {}) =>
      executor.abandon({ slot, generation, taskId, ...change });
    await abandon({ generation: generation - 1 });
    expect((await executor.run(runId)).state.kind).toBe("running");
    await abandon();
    expect(await executor.run(runId)).toMatchObject({
      state: { kind: "failed", error: { stepKey: "call" } },
      error: { code: "internal" },
    });
    expect(await executor.tasksOf(runId)).toEqual([]);
    await executor.server.until(() => executor.server.open === 0);
  });

  it("of a run that was cancelled meanwhile changes nothing", async () => {
    const { runId, report } = await inFlight();
    await executor.client.mutation(api.workflowRuns.cancel, { runId });
    const cancelled = await executor.step(runId, "call");
    await report(ok('"late"'));
    expect(await executor.step(runId, "call")).toEqual(cancelled);
    expect((await executor.run(runId)).state.kind).toBe("cancelled");
    await executor.server.until(() => executor.server.open === 0);
  });
});

it("the history of every run above leads to what its rows hold", async () => {
  expect(await executor.wrongHistories()).toEqual([]);
});
