/**
 * The pure centre: what follows what. Nothing here reads or writes; `turn.ts` applies what is decided. Every decision
 * is local to one step and its container, so a turn costs what it changes (E7).
 */
import {
  blockOf,
  type BranchStep,
  findNode,
  type Graph,
  type LoopStep,
  type ParallelStep,
  type StepNode,
  topSteps,
  walk,
} from "../../language/graph";
import type { RunState } from "../../validators/runs";
import type { StepState } from "../../validators/steps";
import {
  childKey,
  isInside,
  isIterationKey,
  iterationsAround,
  nameOf,
  parentKeyOf,
  visibleKey,
} from "./keys";

/**
 * Work of a turn: begin a step, go on after one (or an iteration) that has ended, or end what is still active inside a
 * container that has ended. The last goes before all other work.
 */
export type Work = { do: "start" | "advance" | "cancel"; key: string };

/** It is inside a container that has ended, and its own end is left to the backlog. */
export function isCutOff(backlog: readonly Work[], key: string): boolean {
  return backlog.some(
    (work) => work.do === "cancel" && isInside(key, work.key),
  );
}

/** What a step's end leads to. */
export type Next =
  | { kind: "start"; key: string }
  /** It was the last of its block: its container ends with its result. */
  | { kind: "endCondition"; key: string }
  | { kind: "endIteration"; key: string }
  | { kind: "endBranch"; key: string }
  /** It was in what follows the timeout of a wait. */
  | { kind: "endLate"; key: string }
  /** The step itself was a branch: the switch or parallel around it looks at its branches. */
  | { kind: "afterBranch"; key: string }
  | { kind: "endRun" };

/** After the step execution at `key` (not an iteration) has ended and the flow goes on. */
export function nextAfter(graph: Graph, key: string): Next {
  const position = blockOf(graph, key);
  if (position === null) throw new Error(`No step at ${key}`);
  const parentKey = parentKeyOf(key);
  if (position.node.kind === "branch" && parentKey !== null)
    return { kind: "afterBranch", key: parentKey };
  const following = position.block[position.index + 1];
  if (following !== undefined)
    return { kind: "start", key: childKey(parentKey, following.name) };
  if (parentKey === null) return { kind: "endRun" };
  if (isIterationKey(parentKey))
    return { kind: "endIteration", key: parentKey };
  return { kind: endOf(position.parent), key: parentKey };
}

function endOf(parent: StepNode | null) {
  switch (parent?.kind) {
    case "branch":
      return "endBranch";
    case "approval":
    case "waitForEvent":
      return "endLate";
    default:
      return "endCondition";
  }
}

export function nodeAt(graph: Graph, key: string): StepNode {
  const node = findNode(graph, key);
  if (node === null) throw new Error(`No step at ${key}`);
  return node;
}

export function loopAt(graph: Graph, key: string): LoopStep {
  const node = nodeAt(graph, key);
  if (node.kind !== "loop") throw new Error(`${key} is not a loop`);
  return node;
}

export function parallelAt(graph: Graph, key: string): ParallelStep {
  const node = nodeAt(graph, key);
  if (node.kind !== "parallel") throw new Error(`${key} is not a parallel`);
  return node;
}

export function branchAt(graph: Graph, key: string): BranchStep {
  const node = nodeAt(graph, key);
  if (node.kind !== "branch") throw new Error(`${key} is not a branch`);
  return node;
}

/** Position of every step in the definition: the order of rows in the tree, fixed before anything runs. */
export function sequences(graph: Graph): ReadonlyMap<string, number> {
  return kept.get(graph) ?? sequencesIn(graph);
}

/** Graphs are complete when they are made, and do not change. */
const kept = new WeakMap<Graph, ReadonlyMap<string, number>>();

function sequencesIn(graph: Graph): ReadonlyMap<string, number> {
  const steps = [...walk(topSteps(graph))];
  const found = new Map(steps.map((node, index) => [node.path, index]));
  kept.set(graph, found);
  return found;
}

/** Keys of the executions that a function of the step at `key` may read, by the name it reads them under. */
export function visibleSteps(
  graph: Graph,
  key: string,
  reads: readonly string[] | null,
): Map<string, string> {
  const paths = reads ?? earlierPaths(graph, key);
  return new Map(paths.map((path) => [nameOf(path), visibleKey(path, key)]));
}

/** Every step before `key` in its block and in the blocks around it; nearer ones hide farther ones of the same name. */
function earlierPaths(graph: Graph, key: string): string[] {
  const levels: string[][] = [];
  for (let at: string | null = key; at !== null; at = parentKeyOf(at)) {
    if (isIterationKey(at)) continue;
    const position = blockOf(graph, at);
    // Branches do not see each other.
    if (position === null || position.node.kind === "branch") continue;
    levels.push(
      position.block.slice(0, position.index).map((node) => node.path),
    );
  }
  return levels.reverse().flat();
}

/** `output` of the workflow sees every step of the top block. */
export function outputSteps(graph: Graph): Map<string, string> {
  const paths = graph.outputReads ?? graph.steps.map((node) => node.path);
  return new Map(paths.map((path) => [nameOf(path), path]));
}

/** The loops around a step, by name, for `loops` in its scope; the iteration key of each. */
export function loopsAround(
  key: string,
): { name: string; iteration: string }[] {
  return iterationsAround(key).map((iteration) => ({
    name: nameOf(parentKeyOf(iteration) ?? iteration),
    iteration,
  }));
}

/** Where a failure goes after the step itself has failed. */
export type FailureRoute =
  /** The flow goes on after `key` as if it had ended, with no output. */
  | { kind: "continueAfter"; key: string }
  /** The iteration is counted as failed and its loop goes on. */
  | { kind: "skipIteration"; iteration: string }
  /** The branch is out of its race, and the race looks at who is left. */
  | { kind: "loseRace"; branch: string }
  | { kind: "failRun" };

/**
 * Walks outwards from a failed step: `failed` are the containers that fail with it, innermost first. Those with
 * `onError: "continue"` stop the failure; so does a loop that goes on with its other iterations.
 */
export function routeFailure(
  graph: Graph,
  key: string,
): { failed: string[]; route: FailureRoute } {
  const failed: string[] = [];
  for (let at: string | null = key; at !== null; at = parentKeyOf(at)) {
    if (at !== key) failed.push(at);
    if (isIterationKey(at)) {
      const loop = loopAt(graph, at);
      if (loop.onIterationError === "continue")
        return { failed, route: { kind: "skipIteration", iteration: at } };
    } else if (nodeAt(graph, at).onError === "continue") {
      return { failed, route: { kind: "continueAfter", key: at } };
    } else if (isRacing(graph, at)) {
      return { failed, route: { kind: "loseRace", branch: at } };
    }
  }
  return { failed, route: { kind: "failRun" } };
}

function isRacing(graph: Graph, key: string): boolean {
  const parent = blockOf(graph, key)?.parent;
  return parent?.kind === "parallel" && parent.mode === "race";
}

/**
 * What the branches of a parallel come to, asked after one of them has ended. A branch that fails in a parallel of mode
 * `all` fails the parallel before anybody asks (`routeFailure`).
 */
export function nextOfParallel(
  mode: ParallelStep["mode"],
  branches: readonly StepState["kind"][],
): "wait" | "done" | "won" | "lost" {
  if (mode === "race" && branches.includes("completed")) return "won";
  if (branches.some((kind) => !STEP_ENDS.has(kind))) return "wait";
  return mode === "race" ? "lost" : "done";
}

/**
 * The containers that a `stop` at `key` completes, innermost first: those that only it is in. A loop or a parallel may
 * have others in it; it is cut off with them, and so is what is around it.
 */
export function completedByStop(graph: Graph, key: string): string[] {
  const completed: string[] = [];
  for (let at = parentKeyOf(key); at !== null; at = parentKeyOf(at)) {
    const isShared =
      !isIterationKey(at) &&
      ["loop", "parallel"].includes(nodeAt(graph, at).kind);
    if (isShared) return completed;
    completed.push(at);
  }
  return completed;
}

export type LoopCounts = {
  total: number | null;
  completed: number;
  failed: number;
  running: number;
};

export type LoopNext =
  | { kind: "startIterations"; from: number; to: number }
  /** A `while` loop asks before each iteration. */
  | { kind: "askWhile"; index: number }
  | { kind: "wait" }
  | { kind: "done" };

/** A sliding window: as soon as one iteration ends another starts, never more than `concurrency` at once. */
export function nextOfLoop(loop: LoopStep, counts: LoopCounts): LoopNext {
  const started = counts.completed + counts.failed + counts.running;
  if (counts.total === null) {
    return counts.running > 0
      ? { kind: "wait" }
      : { kind: "askWhile", index: started };
  }
  const room = Math.min(
    loop.concurrency - counts.running,
    counts.total - started,
  );
  if (room > 0)
    return { kind: "startIterations", from: started, to: started + room };
  return counts.running > 0 ? { kind: "wait" } : { kind: "done" };
}

const RUN_ENDS = new Set<RunState["kind"]>([
  "completed",
  "failed",
  "cancelled",
]);
const STEP_ENDS = new Set<StepState["kind"]>([
  "completed",
  "failed",
  "skipped",
  "cancelled",
]);

export function isRunEnded(state: RunState): boolean {
  return RUN_ENDS.has(state.kind);
}

export function isStepEnded(state: StepState): boolean {
  return STEP_ENDS.has(state.kind);
}

export const ACTIVE_STEP_STATES = [
  "pending",
  "running",
  "waiting",
  "retrying",
] as const;
