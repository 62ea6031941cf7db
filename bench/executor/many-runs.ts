/** Starts many runs and reads what became of them, as the pages do. */
import { ConvexClient } from "convex/browser";
import type { FunctionReturnType } from "convex/server";
import { api } from "../../convex/_generated/api";
import { pause } from "../embedded/samples";
import { inTurn, type Supplied } from "./supply";

const IN_FLIGHT = 64;
const PAGE = 200;
const LOOK_EVERY_MS = 250;

type RunRow = FunctionReturnType<typeof api.workflowRuns.list>["page"][number];

/** One client, many starts in flight; the workflows take turns. */
export async function startMany(
  url: string,
  supplied: readonly Supplied[],
  { runs, input }: { runs: number; input: object },
): Promise<void> {
  const client = new ConvexClient(url);
  client.setAuth(async () => supplied[0]?.workspace.token ?? null);
  const next = inTurn(supplied);
  let started = 0;
  const lane = async (): Promise<void> => {
    while (started < runs) {
      started += 1;
      await client.mutation(api.workflowRuns.create, {
        workflowId: next(),
        input: JSON.stringify(input),
      });
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, lane));
  await client.close();
}

/** Returns when none of their runs is in that state any more. */
export async function untilNone(
  supplied: readonly Supplied[],
  status: "running" | "waiting",
): Promise<void> {
  for (const { workspace, workflowId } of supplied) {
    const left = async (): Promise<number> => {
      const { page } = await workspace.client.query(api.workflowRuns.list, {
        organizationId: workspace.organizationId,
        workflowId,
        status,
        paginationOpts: { numItems: 1, cursor: null },
      });
      return page.length;
    };
    while ((await left()) > 0) await pause(LOOK_EVERY_MS);
  }
}

/** Every run of theirs; throws when one has not completed. */
export async function completedRuns(
  supplied: readonly Supplied[],
): Promise<RunRow[]> {
  const all = await Promise.all(supplied.map(runsOf));
  const runs = all.flat();
  const other = runs.find(({ state }) => state.kind !== "completed");
  if (other === undefined) return runs;
  throw new Error(`Run ${other._id} is ${JSON.stringify(other.state)}`);
}

async function runsOf({ workspace, workflowId }: Supplied): Promise<RunRow[]> {
  const runs: RunRow[] = [];
  let cursor: string | null = null;
  for (;;) {
    const result: FunctionReturnType<typeof api.workflowRuns.list> =
      await workspace.client.query(api.workflowRuns.list, {
        organizationId: workspace.organizationId,
        workflowId,
        paginationOpts: { numItems: PAGE, cursor },
      });
    runs.push(...result.page);
    if (result.isDone) return runs;
    cursor = result.continueCursor;
  }
}

/** When the last of them ended. */
export function lastEnd(runs: readonly RunRow[]): number {
  return Math.max(...runs.map(({ endedAt }) => endedAt ?? Infinity));
}
