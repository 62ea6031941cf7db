/** What a replay would reuse and what it would do again, told before anybody starts it. */
import type { Doc } from "../../_generated/dataModel";
import { errorData } from "../../errors";
import type { QueryCtx } from "../../functions";
import {
  definitionPath,
  type Graph,
  type StepNode,
  walk,
} from "../../language/graph";
import type {
  ReplayEffect,
  ReplayVersion,
  ReusedStep,
} from "../../validators/replays";
import {
  isInside,
  isIterationKey,
  iterationIndex,
  iterationsAround,
  parentKeyOf,
  rangesInside,
} from "../flow/keys";
import { graphOf } from "../../model/keptVersions";
import { firstByKey, stepAt } from "../../model/stepReads";
import { checkedReplay } from "./replay";
import { type Beside, besideTheWay, endedRun } from "./replayPath";
import { nodeAt, parallelAt } from "../flow/transitions";

/** What others notice when it happens again. */
const EFFECTS = new Set<string>(["http", "action", "ai", "run", "approval"]);
/** A loop with more steps than this is counted by what these say. */
const MAX_STEPS = 2_000;
const MAX_SHOWN = 100;

type Run = Doc<"workflowRuns">;
/** `given`: the keys of approvals that hold where the replay asks the same. */
type Way = { graph: Graph; run: Run; beside: Beside[]; given: string[] };

export async function replayPlanOf(
  ctx: QueryCtx,
  run: Run,
  wanted: { version: ReplayVersion; fromStep?: string },
) {
  try {
    const { version, start } = await checkedReplay(ctx, run, wanted);
    const graph = graphOf(version);
    const beside = await reusedBeside(ctx, run, { graph, start });
    const given = await approvalsGiven(ctx, run, { version, start });
    const way = { graph, run, beside, given };
    return {
      kind: "possible" as const,
      versionId: version._id,
      versionNumber: version.number,
      reused: await reusedSteps(ctx, way),
      effects: await effectsAgain(ctx, way),
    };
  } catch (error) {
    const known = errorData(error);
    if (known === null) throw error;
    const { code, message } = known;
    return { kind: "impossible" as const, code, message };
  }
}

/** As `waits/approvalsGiven.ts` finds them, of the run itself. */
async function approvalsGiven(
  ctx: QueryCtx,
  run: Run,
  { version, start }: { version: { _id: string }; start: string | undefined },
): Promise<string[]> {
  if (start === undefined || version._id !== run.versionId) return [];
  const approved = await ctx.db
    .query("approvals")
    .withIndex("by_runId_and_outcome", (q) =>
      q.eq("runId", run._id).eq("outcome", "approved"),
    )
    .take(MAX_STEPS);
  return approved.map(({ stepKey }) => stepKey).filter((key) => key !== start);
}

/** Of the branches beside the way, those that completed. */
async function reusedBeside(
  ctx: QueryCtx,
  run: Run,
  { graph, start }: { graph: Graph; start: string | undefined },
): Promise<Beside[]> {
  if (start === undefined) return [];
  return await Promise.all(
    besideTheWay(graph, start).map(async (beside): Promise<Beside> => {
      if (beside.kind !== "branches") return beside;
      const keys = [];
      for (const key of beside.keys)
        if (await isBranchReused(ctx, run, { graph, key })) keys.push(key);
      return { kind: "branches", keys };
    }),
  );
}

async function isBranchReused(
  ctx: QueryCtx,
  { _id: runId, state }: Run,
  { graph, key }: { graph: Graph; key: string },
): Promise<boolean> {
  if (endedRun(state, key)) return false;
  const parallel = parallelAt(graph, parentKeyOf(key) ?? "");
  const row = await stepAt(ctx, runId, key);
  return parallel.mode === "all" && row?.state.kind === "completed";
}

function isReused({ beside }: Way, key: string): boolean {
  return beside.some((one) => {
    if (one.kind !== "iterations")
      return one.keys.some((root) => key === root || isInside(key, root));
    const iteration = iterationsAround(key).find(
      (around) => parentKeyOf(around) === one.loop,
    );
    return iteration !== undefined && iterationIndex(iteration) < one.until;
  });
}

async function reusedSteps(ctx: QueryCtx, way: Way): Promise<ReusedStep[]> {
  const found: ReusedStep[] = [];
  for (const one of way.beside) {
    if (one.kind === "iterations") found.push(...earlierIterations(way, one));
    else
      for (const key of one.keys.slice(0, MAX_SHOWN - found.length))
        found.push(...(await reusedStep(ctx, way, key)));
  }
  return found;
}

function earlierIterations(
  { graph }: Way,
  { loop: key, until }: Extract<Beside, { kind: "iterations" }>,
): ReusedStep[] {
  const { label, kind } = nodeAt(graph, key);
  return until === 0 ? [] : [{ key, label, kind, iterations: until }];
}

async function reusedStep(
  ctx: QueryCtx,
  { run }: Way,
  key: string,
): Promise<ReusedStep[]> {
  const row = await stepAt(ctx, run._id, key);
  if (row === null) return [];
  return [{ key, label: row.label, kind: row.kind, iterations: null }];
}

/** In the order of the definition; those that the run did not come to happen for the first time. */
async function effectsAgain(ctx: QueryCtx, way: Way): Promise<ReplayEffect[]> {
  const effects: ReplayEffect[] = [];
  const loops = new Map<string, LoopCount>();
  for (const { node, loop } of effectNodes(way.graph)) {
    if (isReused(way, loop ?? node.path)) continue;
    const { path, label, kind } = node;
    const times =
      loop === null
        ? await timesOutside(ctx, way, path)
        : timesOf(await countOnce(loop), path);
    const given = givenAt(way, path);
    const effect = { path, label, kind, ...times };
    effects.push(given === 0 ? effect : { ...effect, given });
  }
  return effects.slice(0, MAX_SHOWN);

  async function countOnce(loop: string): Promise<LoopCount> {
    const counted = loops.get(loop) ?? (await countIn(ctx, way, loop));
    loops.set(loop, counted);
    return counted;
  }
}

function givenAt(way: Way, path: string): number {
  return way.given.filter(
    (key) => definitionPath(key) === path && !isReused(way, key),
  ).length;
}

async function timesOutside(ctx: QueryCtx, { run }: Way, key: string) {
  const row = await stepAt(ctx, run._id, key);
  return { times: row === null ? 0 : 1, isEstimate: false };
}

/** With the outermost loop around it. */
function effectNodes(graph: Graph): { node: StepNode; loop: string | null }[] {
  const loops = new Set<string>();
  const found = [];
  for (const node of walk(graph.steps)) {
    if (node.kind === "loop") loops.add(node.path);
    if (!EFFECTS.has(node.kind)) continue;
    const loop = [...loops].find((path) => isInside(node.path, path)) ?? null;
    found.push({ node, loop });
  }
  return found;
}

type LoopCount = {
  /** By definition path: all steps that were looked at, and those that are not reused. */
  all: Map<string, number>;
  again: Map<string, number>;
  /** Iterations that were looked at, and those that run again; null: all were looked at. */
  part: { seen: number; again: number } | null;
};

async function countIn(
  ctx: QueryCtx,
  way: Way,
  loop: string,
): Promise<LoopCount> {
  const range = rangesInside(loop)[1];
  const [from, to] = range ?? ["", ""];
  const limit = MAX_STEPS;
  const steps = await firstByKey(ctx, way.run._id, { from, to, limit });
  const again = steps.filter(({ key }) => !isReused(way, key));
  const counted = { all: byPath(steps), again: byPath(again) };
  if (steps.length <= limit) return { ...counted, part: null };
  const isIteration = ({ key }: { key: string }) =>
    isIterationKey(key) && parentKeyOf(key) === loop;
  const seen = steps.filter(isIteration).length;
  return {
    ...counted,
    part: { seen, again: await iterationsAgain(ctx, way, loop) },
  };
}

async function iterationsAgain(
  ctx: QueryCtx,
  { run, beside }: Way,
  loop: string,
): Promise<number> {
  const counts = (await stepAt(ctx, run._id, loop))?.loop;
  const begun = counts ? counts.completed + counts.failed + counts.running : 0;
  const total = counts?.total ?? begun;
  const way = beside.find(
    (one) => one.kind === "iterations" && one.loop === loop,
  );
  return total - (way?.kind === "iterations" ? way.until : 0);
}

function timesOf({ all, again, part }: LoopCount, path: string) {
  if (part === null) return { times: again.get(path) ?? 0, isEstimate: false };
  const each = (all.get(path) ?? 0) / Math.max(1, part.seen);
  return { times: Math.round(each * part.again), isEstimate: true };
}

function byPath(steps: { key: string }[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { key } of steps) {
    const path = definitionPath(key);
    counts.set(path, (counts.get(path) ?? 0) + 1);
  }
  return counts;
}
