/**
 * Writer of `runSeeds`: prepares a replay from a step. The rows before the step are copied in portions, each in a
 * transaction of its own, however many there are (E7); the last one opens the containers on the way and takes the run's
 * first turn. A portion is done once, also after a crash: it names the one it follows.
 */
import { v } from "convex/values";
import type { Doc, Id } from "../_generated/dataModel";
import { byIteration, stepsOf } from "../model/packedRows";
import type { WholeStep } from "../model/stepFields";
import { stepAt, treeAt } from "../model/stepReads";
import { internalMutation, type MutationCtx } from "../functions";
import type { Graph } from "../language/graph";
import { failure } from "../steps/stepBegin";
import type { SeedWork } from "../validators/replays";
import { failRun } from "./runs/runEnds";
import { isIterationKey, iterationKey, rangesInside } from "./flow/keys";
import { copyChunk } from "./flow/loopItems";
import { reopenWay } from "./replay/reopen";
import { endedRun, isSameBranch } from "./replay/replayPath";
import { findSeed, prepareSoon } from "./replay/seedRequests";
import { SourceGone, StepSeeds } from "./replay/seedSteps";
import { isStepEnded, loopAt } from "./flow/transitions";
import { loadTurn, takeTurn } from "./flow/turn";
import type { TurnState } from "./flow/turnState";

const MAX_STEPS = 500;
/** That are read at once: each may hold many steps. */
const MAX_ROWS = 50;
const MAX_BYTES = 2 * 1024 * 1024;
const MAX_MS = 300;

type Seed = Doc<"runSeeds">;
type Source = Doc<"workflowRuns">;
type Portion = { turn: TurnState; seed: Seed; source: Source; rows: StepSeeds };

/** Does nothing when the portion has been done, or the run has ended meanwhile. */
export const prepare = internalMutation({
  args: { runId: v.id("workflowRuns"), portion: v.number() },
  returns: v.null(),
  handler: async (ctx, { runId, portion }) => {
    const seed = await findSeed(ctx, runId);
    if (seed?.portion !== portion) return null;
    const turn = await loadTurn(ctx, runId);
    if (turn === null || turn.run.failing !== undefined)
      await ctx.db.delete("runSeeds", seed._id);
    else await prepareOrFail(turn, seed);
    return null;
  },
});

async function prepareOrFail(turn: TurnState, seed: Seed): Promise<void> {
  try {
    await preparePortion(turn, { ...seed });
  } catch (error) {
    if (!(error instanceof SourceGone)) throw error;
    await turn.ctx.db.delete("runSeeds", seed._id);
    await failRun(turn, null, sourceGone(turn));
    await takeTurn(turn, []);
  }
}

function sourceGone({ run }: TurnState) {
  return failure(
    "source_gone",
    `Run #${run.replayOf?.number ?? "?"}, whose steps this run was to reuse, was deleted before they were copied.`,
  );
}

async function preparePortion(turn: TurnState, seed: Seed): Promise<void> {
  const { ctx, graph, now, run, log } = turn;
  const source = await ctx.db.get("workflowRuns", seed.sourceId);
  if (source === null) throw new SourceGone(`Run ${seed.sourceId} is gone`);
  const rows = new StepSeeds(ctx, { runId: run._id, graph, now, log });
  const portion = { turn, seed, source, rows };
  const done = await work(portion);
  if (done) return await finish(portion);
  turn.setRunState(preparing(turn, rows.steps));
  await turn.flush();
  const { _id, _creationTime, ...fields } = seed;
  const next = seed.portion + 1;
  await ctx.db.replace("runSeeds", _id, {
    ...fields,
    portion: next,
    portionAt: now,
  });
  await prepareSoon(ctx, run._id, next);
}

function preparing({ run }: TurnState, added: number) {
  const { state } = run;
  const before = state.kind === "running" ? (state.preparing?.steps ?? 0) : 0;
  return { kind: "running", preparing: { steps: before + added } } as const;
}

async function finish({ turn, seed, source, rows }: Portion): Promise<void> {
  await turn.ctx.db.delete("runSeeds", seed._id);
  await takeTurn(turn, await reopenWay(turn, { seed, source, rows }));
}

/** Takes over what is to do until that is all, or enough for one transaction; changes `seed` accordingly. */
async function work(portion: Portion): Promise<boolean> {
  const { seed, rows } = portion;
  const started = performance.now();
  for (let taken = 0; seed.todo.length > 0; taken++) {
    const isFull =
      rows.steps + taken >= MAX_STEPS ||
      rows.bytes > MAX_BYTES ||
      performance.now() - started > MAX_MS;
    if (isFull) return false;
    const [next, ...rest] = seed.todo;
    if (next !== undefined)
      seed.todo = [...(await takeOver(portion, next)), ...rest];
  }
  return true;
}

/** What is left of the work after a part of it. */
async function takeOver(portion: Portion, next: SeedWork): Promise<SeedWork[]> {
  switch (next.kind) {
    case "tree":
      return await takeTree(portion, next);
    case "branch":
      return await takeBranch(portion, next.key);
    case "iterations":
      return await takeIteration(portion, next);
    case "items":
      return await takeItems(portion, next);
  }
}

/** A step that has ended and everything in it, in the order of the keys of their rows. */
async function takeTree(
  portion: Portion,
  work: Extract<SeedWork, { kind: "tree" }>,
): Promise<SeedWork[]> {
  if (work.after === null) return await takeRoot(portion, work.key);
  const { turn, source, rows } = portion;
  const found = await rowsInside(turn.ctx, source._id, work.key, work.after);
  for (const row of found) {
    await take(portion, stepsOf(row), row.packed !== undefined);
    if (rows.bytes > MAX_BYTES || rows.steps >= MAX_STEPS)
      return [{ ...work, after: row.key }];
  }
  const last = found.at(-1);
  return last === undefined ? [] : [{ ...work, after: last.key }];
}

/** What is packed has all that is in it with it. */
async function takeRoot(portion: Portion, key: string): Promise<SeedWork[]> {
  const { turn, source } = portion;
  const found = await treeAt(turn.ctx, source._id, key);
  if (found === null) return [];
  const { steps, isWhole } = found;
  await take(portion, steps, isWhole && isIterationKey(key));
  return isWhole ? [] : [{ kind: "tree", key, after: key }];
}

async function take(
  { source, rows }: Portion,
  steps: WholeStep[],
  isPack: boolean,
): Promise<void> {
  const from = { runId: source._id, number: source.number };
  if (isPack) return await rows.addPacked(byIteration(steps), from);
  for (const step of steps) await rows.add(step, from);
}

async function rowsInside(
  ctx: MutationCtx,
  runId: Id<"workflowRuns">,
  key: string,
  after: string,
): Promise<Doc<"stepExecutions">[]> {
  for (const [from, to] of rangesInside(key)) {
    if (after >= to) continue;
    const rows = await ctx.db
      .query("stepExecutions")
      .withIndex("by_runId_and_key", (q) =>
        after >= from
          ? q.eq("runId", runId).gt("key", after).lt("key", to)
          : q.eq("runId", runId).gte("key", from).lt("key", to),
      )
      .take(MAX_ROWS);
    if (rows.length > 0) return rows;
  }
  return [];
}

/** A branch beside the way is taken over when it has completed and is the same in this version. */
async function takeBranch(
  { turn, seed, source }: Portion,
  key: string,
): Promise<SeedWork[]> {
  const row = await stepAt(turn.ctx, source._id, key);
  const isSame = await isSameIn(turn, source, (was) =>
    isSameBranch(was, turn.graph, key),
  );
  const isKept = isSame && !endedRun(source.state, key);
  if (row?.state.kind === "completed" && isKept)
    return [{ kind: "tree", key, after: null }];
  seed.anew.push(key);
  return [];
}

async function isSameIn(
  turn: TurnState,
  source: Source,
  isSame: (was: Graph) => boolean,
): Promise<boolean> {
  if (source.versionId === turn.version._id) return true;
  const version = await turn.ctx.db.get("workflowVersions", source.versionId);
  // Written by the compiler when the version was published.
  return version !== null && isSame(JSON.parse(version.graph) as Graph);
}

/** One iteration: it is taken over if the loop went on after it, else it runs from its beginning. */
async function takeIteration(
  { turn, seed, source }: Portion,
  work: Extract<SeedWork, { kind: "iterations" }>,
): Promise<SeedWork[]> {
  const { loop, next, until } = work;
  if (next >= until) return [];
  const key = iterationKey(loop, next);
  const rest: SeedWork = { ...work, next: next + 1 };
  const row = await stepAt(turn.ctx, source._id, key);
  const counted = seed.loops.find((counts) => counts.key === loop);
  const isLost = row === null || endedRun(source.state, key);
  const end = isLost ? null : endOf(turn, row);
  if (end === null || counted === undefined) {
    seed.anew.push(key);
    return [rest];
  }
  counted[end] += 1;
  return [{ kind: "tree", key, after: null }, rest];
}

/** One chunk of what the loop iterates over; a loop that only counts has none. */
async function takeItems(
  { turn, source, rows }: Portion,
  work: Extract<SeedWork, { kind: "items" }>,
): Promise<SeedWork[]> {
  const copied = await copyChunk(turn, source._id, {
    loopKey: work.loop,
    chunk: work.next,
    copy: (ref) => rows.payload(ref),
  });
  return copied ? [{ ...work, next: work.next + 1 }] : [];
}

function endOf(
  turn: TurnState,
  { key, state }: WholeStep,
): "completed" | "failed" | null {
  if (!isIterationKey(key) || !isStepEnded(state)) return null;
  if (state.kind === "completed") return "completed";
  const { onIterationError } = loopAt(turn.graph, key);
  return state.kind === "failed" && onIterationError === "continue"
    ? "failed"
    : null;
}
