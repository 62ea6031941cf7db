/** Asking for a run to be prepared: what a replay from a step takes over before its first turn. */
import type { Doc, Id } from "../../_generated/dataModel";
import { internal } from "../../_generated/api";
import type { MutationCtx, QueryCtx } from "../../functions";
import type { Graph } from "../../language/graph";
import type { SeedWork } from "../../validators/replays";
import { parentKeyOf } from "../flow/keys";
import { type Beside, besideTheWay } from "./replayPath";
import { parallelAt } from "../flow/transitions";

/** Where the run begins: at a step of an earlier run, whose steps before it are reused. */
export type SeedRequest = { sourceId: Id<"workflowRuns">; key: string };

/** In the transaction that starts the run: from now on it is prepared, also if the process dies (E4). */
export async function requestSeeds(
  ctx: MutationCtx,
  run: Pick<Doc<"workflowRuns">, "_id">,
  { graph, sourceId, key }: SeedRequest & { graph: Graph },
): Promise<void> {
  const beside = besideTheWay(graph, key);
  await ctx.db.insert("runSeeds", {
    runId: run._id,
    sourceId,
    key,
    portion: 0,
    portionAt: Date.now(),
    todo: beside.flatMap((one) => workOf(graph, one)),
    loops: beside.flatMap((one) =>
      one.kind === "iterations"
        ? [{ key: one.loop, completed: 0, failed: 0 }]
        : [],
    ),
    anew: beside.flatMap((one) =>
      one.kind === "branches" && isRace(graph, one.keys) ? one.keys : [],
    ),
  });
  await prepareSoon(ctx, run._id, 0);
}

function workOf(graph: Graph, beside: Beside): SeedWork[] {
  switch (beside.kind) {
    case "steps":
      return beside.keys.map((key) => ({ kind: "tree", key, after: null }));
    case "iterations": {
      const { loop, until } = beside;
      return [
        { kind: "items", loop, next: 0 },
        { kind: "iterations", loop, next: 0, until },
      ];
    }
    case "branches":
      return isRace(graph, beside.keys)
        ? []
        : beside.keys.map((key) => ({ kind: "branch", key }));
  }
}

/** A race is run again by all: one that has won already would leave nothing to replay. */
function isRace(graph: Graph, branches: string[]): boolean {
  const parallel = parentKeyOf(branches[0] ?? "");
  return parallel !== null && parallelAt(graph, parallel).mode === "race";
}

export async function findSeed(
  ctx: QueryCtx,
  runId: Id<"workflowRuns">,
): Promise<Doc<"runSeeds"> | null> {
  return await ctx.db
    .query("runSeeds")
    .withIndex("by_runId", (q) => q.eq("runId", runId))
    .unique();
}

export async function prepareSoon(
  ctx: MutationCtx,
  runId: Id<"workflowRuns">,
  portion: number,
): Promise<void> {
  await ctx.scheduler.runAfter(0, internal.executor.runSeeds.prepare, {
    runId,
    portion,
  });
}
