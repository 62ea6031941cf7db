/** For tests of what shares rows. */
import { beforeAll, expect, vi } from "vitest";
import type { RunId } from "./executor-harness";
import type { StagedExecutor } from "./staged-executor";
import { useStagedExecutor } from "./use-executor";

/** However slow the machine is, no turn ends because its time is up. */
export function useTimelessExecutor(): StagedExecutor {
  const executor = useStagedExecutor();
  beforeAll(() => {
    vi.spyOn(performance, "now").mockReturnValue(0);
  });
  return executor;
}

/** The rows of a run's steps as they are stored. */
export async function storedRows(executor: StagedExecutor, runId: RunId) {
  const rows = await executor.t.run(({ db }) =>
    db.query("stepExecutions").collect(),
  );
  return rows.filter((row) => row.runId === runId);
}

/** The run, which completes. */
export async function completed(executor: StagedExecutor, runId: RunId) {
  await executor.pass(1_000);
  const run = await executor.run(runId);
  expect(run.state).toEqual({ kind: "completed" });
  return run;
}

export function keysOf(steps: readonly { key: string }[]): string[] {
  return steps.map(({ key }) => key);
}
