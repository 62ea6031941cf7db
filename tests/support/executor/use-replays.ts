/** The head of tests of replays: no seed of a replay is left after any of them. */
import { afterEach, expect } from "vitest";
import { api } from "../../../convex/_generated/api";
import { json } from "../answering-server";
import type { ExecutorHarness, RunId } from "./executor-harness";
import { useExecutorInProcess } from "./use-executor";

type Wanted = {
  version?: "original" | "current";
  input?: string;
  fromStep?: string;
};

export function useReplays() {
  const executor = useExecutorInProcess();
  afterEach(async () => {
    expect(await executor.table("runSeeds")).toEqual([]);
  });
  return {
    executor,
    replay: (runId: RunId, wanted?: Wanted) => replay(executor, runId, wanted),
    started: (chain: string, input?: unknown) =>
      started(executor, chain, input),
    answer: (answers: Record<string, unknown>) => answer(executor, answers),
    rowsOf: (runId: RunId) => rowsOf(executor, runId),
  };
}

async function replay(
  executor: ExecutorHarness,
  runId: RunId,
  wanted: Wanted = {},
): Promise<RunId> {
  const started = await executor.client.mutation(api.workflowRuns.replay, {
    runId,
    version: "original",
    ...wanted,
  });
  return started.runId;
}

async function started(
  executor: ExecutorHarness,
  chain: string,
  input?: unknown,
): Promise<RunId> {
  const runId = await executor.publishAndStart(chain, input);
  await executor.untilEnded(runId);
  return runId;
}

/** Numbers are statuses of failures; `never` is no answer at all. */
function answer(
  executor: ExecutorHarness,
  answers: Record<string, unknown>,
): void {
  executor.server.answer = ({ path }, response) => {
    const value = answers[path];
    if (value === "never") return;
    if (value === 400) json(response, "no", 400);
    else json(response, value);
  };
}

/** Keys of the run's rows, by whether they were reused. */
async function rowsOf(executor: ExecutorHarness, runId: RunId) {
  const rows = await executor.table("stepExecutions");
  const own = rows.filter((row) => row.runId === runId);
  const keys = (wanted: boolean) =>
    own
      .filter(({ reusedFrom }) => (reusedFrom !== undefined) === wanted)
      .map(({ key }) => key)
      .sort();
  return { reused: keys(true), anew: keys(false) };
}
