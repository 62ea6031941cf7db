/** Who is told the number of a run's next event, and that nobody believes it when others may have logged. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { RunId } from "../../../tests/support/executor/executor-harness";
import { present } from "../../../tests/support/executor/present";
import { wrongHistories } from "../../../tests/support/executor/run-histories";
import {
  completedWith,
  failedWith,
  type StagedExecutor,
  startStaged,
} from "../../../tests/support/executor/staged-executor";
import { api } from "../../_generated/api";
import { SILENCE } from "../effects/stepOutput";

const WAIT_MS = 1_000;

let executor: StagedExecutor;
beforeAll(async () => {
  executor = await startStaged();
}, 120_000);
afterAll(() => executor?.stop());
afterEach(async () => {
  const [runs, steps, chunks] = await Promise.all([
    executor.rows("workflowRuns"),
    executor.rows("stepExecutions"),
    executor.rows("runEvents"),
  ]);
  expect(wrongHistories({ runs, steps, chunks })).toEqual([]);
});

const http = (name: string, options = "") =>
  `.http("${name}", { request: () => ({ url: "https://example.com" }), ${options} })`;

const isShared = async (runId: RunId) =>
  (await executor.run(runId)).isLogShared === true;
const tasksOf = async (runId: RunId) =>
  (await executor.rows("tasks")).filter((task) => task.runId === runId);
const toldIn = async (runId: RunId) =>
  (await tasksOf(runId)).map(({ nextEvent }) => nextEvent);
const loggedIn = async (runId: RunId) => {
  const rows = await executor.rows("runEvents");
  const own = rows.filter((row) => row.runId === runId);
  return Math.max(...own.map(({ next }) => next));
};
const taskAt = async (runId: RunId, key: string) =>
  present((await tasksOf(runId)).find(({ stepKey }) => stepKey === key))._id;
const report = async (
  runId: RunId,
  key: string,
  { room = 0, result = completedWith(1) } = {},
) => {
  const taskId = await taskAt(runId, key);
  const reports = [{ taskId, result, output: SILENCE }];
  await executor.exchange({ reports, room });
};

describe("effects that follow each other", () => {
  it("are told the next number each, when they are handed out at once and when they are claimed", async () => {
    const runId = await executor.publishAndStart(
      `()${http("a")}${http("b")}${http("c")}`,
    );
    await executor.claim();
    expect(await toldIn(runId)).toEqual([await loggedIn(runId)]);
    await report(runId, "a");
    await executor.claim();
    expect(await toldIn(runId)).toEqual([await loggedIn(runId)]);
    await report(runId, "b", { room: 1 });
    expect(await toldIn(runId)).toEqual([await loggedIn(runId)]);
    await report(runId, "c");
    expect((await executor.run(runId)).state.kind).toBe("completed");
    expect(await isShared(runId)).toBe(false);
  });
});

describe("what a task was told is not believed any more", () => {
  it("when a task beside it has reported", async () => {
    const runId = await executor.publishAndStart(
      `().parallel("p", { a: (f) => f${http("x")}${http("y")}, b: (f) => f${http("z")} })`,
    );
    await executor.claim();
    for (const key of ["p/a/x", "p/b/z", "p/a/y"])
      await report(runId, key, { room: 1 });
    expect((await executor.run(runId)).state.kind).toBe("completed");
    expect(await isShared(runId)).toBe(true);
  });

  it("when another was made after it in the same turn, and it reports first", async () => {
    const runId = await executor.publishAndStart(
      `().parallel("p", { a: (f) => f${http("x")}, b: (f) => f.code("c", () => 1)${http("z")} })`,
    );
    await executor.claim();
    await report(runId, "p/a/x", { room: 1 });
    await report(runId, "p/b/z", { room: 1 });
    expect((await executor.run(runId)).state.kind).toBe("completed");
  });

  it("when a timer has fired beside it", async () => {
    const runId = await executor.publishAndStart(
      `().parallel("p", { a: (f) => f${http("x")}, b: (f) => f.delay("d", "1s") })`,
    );
    await executor.claim();
    await executor.pass(WAIT_MS);
    await report(runId, "p/a/x");
    expect((await executor.run(runId)).state.kind).toBe("completed");
    expect(await isShared(runId)).toBe(true);
  });

  it("when somebody did something else meanwhile", async () => {
    const runId = await executor.publishAndStart(
      `().parallel("p", { a: (f) => f${http("x")}${http("y")}, b: (f) => f.approval("ok", { title: "Sure?" }) })`,
    );
    await executor.claim();
    const [approval] = await executor.rows("approvals");
    await executor.owner.mutation(api.approvals.decide, {
      approvalId: present(approval)._id,
      approved: true,
    });
    await report(runId, "p/a/x", { room: 1 });
    await report(runId, "p/a/y");
    expect((await executor.run(runId)).state.kind).toBe("completed");
  });

  it("after an attempt that is made again, nor after a worker that died", async () => {
    const runId = await executor.publishAndStart(
      `()${http("a", `retry: { maxAttempts: 2, backoff: "fixed", initialDelay: "1s", maxDelay: "1s" }`)}${http("b")}`,
    );
    await executor.claim();
    await report(runId, "a", { result: failedWith(true) });
    await executor.pass(WAIT_MS);
    expect(await isShared(runId)).toBe(true);
    await executor.killWorker();
    await executor.claim();
    await report(runId, "a", { room: 1 });
    await report(runId, "b");
    expect((await executor.run(runId)).state.kind).toBe("completed");
  });

  it("of two runs' tasks that are claimed together each is its own run's", async () => {
    const runs = [
      await executor.publishAndStart(`()${http("a")}`),
      await executor.publishAndStart(`()${http("a")}`),
    ];
    await executor.claim();
    for (const runId of runs) {
      expect(await toldIn(runId)).toEqual([await loggedIn(runId)]);
      await report(runId, "a");
      expect(await isShared(runId)).toBe(false);
    }
  });

  it("when rows are from before there was such a number", async () => {
    const runId = await executor.publishAndStart(`()${http("a")}${http("b")}`);
    await executor.claim();
    const taskId = await taskAt(runId, "a");
    await executor.t.run(({ db }) =>
      db.patch("tasks", taskId, { nextEvent: undefined }),
    );
    await report(runId, "a", { room: 1 });
    expect(await toldIn(runId)).toEqual([undefined]);
    await report(runId, "b");
    expect((await executor.run(runId)).state.kind).toBe("completed");
  });
});
