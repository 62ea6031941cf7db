/** What a worker that died has held, task by task: nothing about one run is in the way of the others. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { present } from "../../tests/support/executor/present";
import {
  type StagedExecutor,
  startStaged,
} from "../../tests/support/executor/staged-executor";
import type { RunId } from "../../tests/support/executor/executor-harness";

let executor: StagedExecutor;
beforeEach(async () => {
  executor = await startStaged();
});
afterEach(async () => {
  expect(await executor.stuckRuns()).toEqual([]);
  await executor.stop();
});

const CALL = `http("call", { request: () => ({ url: "https://example.com" }) })`;
const LATE = `http("call", { request: () => ({ url: "https://example.com" }), timeout: "10s" })`;
const claimedRuns = async () =>
  (await executor.claim()).map(({ runId }) => runId);
const attemptOf = async (runId: RunId) => {
  const { attempt, interrupted } = present(
    (await executor.steps(runId)).get("call"),
  );
  return { attempt, interrupted };
};

describe("the tasks of a dead worker", () => {
  it("may be of one run whose time is over: its failure ends them all", async () => {
    const late = await executor.publishAndStart(
      `().parallel("p", { a: (flow) => flow.${LATE}, b: (flow) => flow.${LATE} })`,
    );
    const other = await executor.publishAndStart(`().${CALL}`);
    expect(await claimedRuns()).toHaveLength(3);
    vi.setSystemTime(Date.now() + 20_000);
    await executor.killWorker();
    expect((await executor.run(late)).state).toMatchObject({
      kind: "failed",
      error: { name: "TimeoutError" },
    });
    expect(await claimedRuns()).toEqual([other]);
  });

  it("are tried again, although a run of them cannot take its turn, which fails", async () => {
    const broken = await executor.publishAndStart(`().${CALL}`);
    const others = [
      await executor.publishAndStart(`().${CALL}`),
      await executor.publishAndStart(`().${CALL}`),
    ];
    expect(await claimedRuns()).toHaveLength(3);
    const said = vi.spyOn(console, "error").mockReturnValue();
    const step = present((await executor.steps(broken)).get("call"));
    await executor.t.run(({ db }) => db.delete("stepExecutions", step._id));
    await executor.killWorker();
    expect(said.mock.calls.flat().join(" ")).toContain(broken);
    expect((await executor.run(broken)).state).toMatchObject({
      kind: "failed",
      error: { name: "InternalError" },
    });
    expect(new Set(await claimedRuns())).toEqual(new Set(others));
    for (const other of others)
      expect(await attemptOf(other)).toEqual({ attempt: 2, interrupted: 1 });
  });

  it("may be more than one transaction takes", async () => {
    const runs: RunId[] = [];
    for (let count = 0; count < 40; count++)
      runs.push(await executor.publishAndStart(`().${CALL}`));
    expect(await claimedRuns()).toHaveLength(40);
    await executor.killWorker();
    expect(new Set(await claimedRuns())).toEqual(new Set(runs));
    for (const run of runs)
      expect(await attemptOf(run)).toEqual({ attempt: 2, interrupted: 1 });
  });
});
