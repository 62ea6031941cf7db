/** Whether late iterations of a loop cost more than early ones. */
import type { FunctionReturnType } from "convex/server";
import { api } from "../../convex/_generated/api";
import type { Id } from "../../convex/_generated/dataModel";
import { startRun, waitForRun } from "../../tests/support/workspace";
import { repeat, type Row } from "../embedded/samples";
import type { Bench } from "./bench";
import { longLoop } from "./shapes";
import type { Supplied } from "./supply";

const REPEATS = 3;
const EARLY = { from: 10, to: 1_010 };
const LATE = { from: 9_500, to: 10_500 };
const ITERATIONS = 11_000;
const PAGE = 1_000;
const TIMEOUT_MS = 10 * 60_000;

type Children = FunctionReturnType<typeof api.stepExecutions.listChildren>;

export async function iterations({ supply }: Bench): Promise<Row[]> {
  const [loop] = await supply.publish(longLoop(ITERATIONS), 1);
  if (loop === undefined) throw new Error("There is no workflow");
  const samples = await repeat(REPEATS, () => lateOverEarly(loop));
  return [{ name: "iteration_10000_vs_10", unit: "ratio", samples }];
}

async function lateOverEarly({
  workspace,
  workflowId,
}: Supplied): Promise<number> {
  const runId = await startRun(workspace, workflowId, {});
  const run = await waitForRun(workspace, runId, { timeoutMs: TIMEOUT_MS });
  if (run.state.kind !== "completed") throw new Error(JSON.stringify(run));
  const began = await beginnings(workspace, runId);
  return msPerIteration(began, LATE) / msPerIteration(began, EARLY);
}

/** When each iteration began, in order. Those of one turn began at the same time. */
async function beginnings(
  { client }: Supplied["workspace"],
  runId: Id<"workflowRuns">,
): Promise<number[]> {
  const began: number[] = [];
  let cursor: string | null = null;
  for (;;) {
    const rows: Children = await client.query(api.stepExecutions.listChildren, {
      runId,
      parentKey: "squares",
      paginationOpts: { numItems: PAGE, cursor },
    });
    began.push(...rows.page.map(({ createdAt }) => createdAt));
    if (rows.isDone) return began;
    cursor = rows.continueCursor;
  }
}

/** Over the turns that began within the range: from the first of them to the first of those that follow. */
function msPerIteration(
  began: readonly number[],
  { from, to }: { from: number; to: number },
): number {
  const start = turnAfter(began, from);
  const end = turnAfter(began, to);
  return ((began[end] ?? NaN) - (began[start] ?? NaN)) / (end - start);
}

/** Index of the first iteration of a turn, from `index` on. */
function turnAfter(began: readonly number[], index: number): number {
  const turn = began.findIndex(
    (at, i) => i >= index && i > 0 && at !== began[i - 1],
  );
  if (turn === -1) throw new Error(`No turn begins after iteration ${index}`);
  return turn;
}
