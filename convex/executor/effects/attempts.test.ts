/** Attempts are told as they were, though most have no row of their own. */
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import type { RunId } from "../../../tests/support/executor/executor-harness";
import { present } from "../../../tests/support/executor/present";
import {
  completedWith,
  failedWith,
  type Result,
  type StagedExecutor,
  startStaged,
} from "../../../tests/support/executor/staged-executor";
import { api } from "../../_generated/api";
import { SILENCE } from "./stepOutput";

const EFFECT = `().http("ask", {
  request: () => ({ url: "https://example.com/" }),
  retry: { maxAttempts: 3, backoff: "fixed", initialDelay: "1s" },
})`;

let executor: StagedExecutor;
let runId: RunId;
beforeAll(async () => {
  executor = await startStaged();
});
afterAll(() => executor?.stop());

beforeEach(async () => {
  runId = await executor.publishAndStart(EFFECT);
});

async function step() {
  return present((await executor.steps(runId)).get("ask"));
}

async function listed() {
  return await executor.owner.query(api.stepExecutions.listAttempts, {
    runId,
    stepKey: "ask",
  });
}

async function rows() {
  const stepId = (await step())._id;
  const all = await executor.rows("stepAttempts");
  return all.filter((row) => row.stepId === stepId);
}

/** Claims the next attempt and reports it a second later. */
async function attempt(result: Result): Promise<void> {
  const { taskId } = present((await executor.claim(1))[0]);
  await executor.pass(1_000);
  const reports = [{ taskId, result, output: SILENCE }];
  await executor.exchange({ reports });
}

it("a first attempt is told by its step's row while it runs and when it completes it", async () => {
  expect(await listed()).toEqual([]);
  const claimedAt = Date.now();
  await executor.claim(1);
  const running = { number: 1, status: "running", startedAt: claimedAt };
  expect(await listed()).toMatchObject([{ ...running, endedAt: null }]);
  const [task] = await executor.rows("tasks");
  await executor.pass(1_000);
  const { _id: taskId } = present(task);
  const reports = [{ taskId, result: completedWith(7), output: SILENCE }];
  await executor.exchange({ reports });
  const { input, output } = await step();
  expect(await listed()).toMatchObject([
    { ...running, status: "completed", endedAt: Date.now(), input, output },
  ]);
  expect(await rows()).toEqual([]);
});

it("an attempt that fails has a row, whether or not another follows", async () => {
  await attempt(failedWith(true, "first"));
  const failedAt = Date.now();
  await executor.pass(1_000);
  await attempt(failedWith(false, "second"));
  expect(await listed()).toEqual(
    (await rows()).map(({ _id, _creationTime, stepId: _, ...row }) => row),
  );
  const { input } = await step();
  expect(await listed()).toMatchObject([
    { number: 1, status: "failed", endedAt: failedAt, input },
    { number: 2, status: "failed", endedAt: Date.now(), input },
  ]);
  const [first] = await listed();
  expect(first).toMatchObject({
    startedAt: failedAt - 1_000,
    error: { code: "first" },
  });
});

it("a later attempt has a row from its start", async () => {
  await attempt(failedWith(true));
  await executor.pass(1_000);
  await executor.claim(1);
  const statuses = (await listed()).map(({ status }) => status);
  expect(statuses).toEqual(["failed", "running"]);
  await executor.cancel(runId);
  expect((await listed()).at(-1)).toMatchObject({
    number: 2,
    status: "cancelled",
    endedAt: Date.now(),
  });
});

it.each([true, false])(
  "an attempt that is cancelled is listed if it began: %s",
  async (hasBegun) => {
    if (hasBegun) await executor.claim(1);
    await executor.cancel(runId);
    const cancelled = { number: 1, status: "cancelled", endedAt: Date.now() };
    expect(await listed()).toMatchObject(hasBegun ? [cancelled] : []);
  },
);

it("a first attempt that has a row, as it was before, ends in it", async () => {
  await executor.claim(1);
  const task = present((await executor.rows("tasks"))[0]);
  await executor.t.run(async ({ db }) => {
    const attemptId = await db.insert("stepAttempts", {
      stepId: task.stepId,
      number: 1,
      status: "running",
      startedAt: Date.now(),
      endedAt: null,
      error: null,
      input: task.request,
      output: null,
    });
    await db.patch("tasks", task._id, { attemptId });
  });
  await executor.exchange({
    reports: [{ taskId: task._id, result: completedWith(1), output: SILENCE }],
  });
  expect(await listed()).toMatchObject([{ number: 1, status: "completed" }]);
  expect(await rows()).toHaveLength(1);
});
