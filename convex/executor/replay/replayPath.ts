/**
 * Where in a graph a replay begins, and what lies beside the way there. Pure: the rows themselves are copied by
 * `runSeeds.ts` and opened by `reopen.ts`.
 */
import {
  blockOf,
  type BlockPosition,
  childBlocks,
  findNode,
  type Graph,
  type StepNode,
} from "../../language/graph";
import type { RunState } from "../../validators/runs";
import {
  childKey,
  isInside,
  isIterationKey,
  iterationIndex,
  parentKeyOf,
} from "../flow/keys";

/** What has ended before the way goes on at one of its keys, or goes on beside it. */
export type Beside =
  | { kind: "steps"; keys: string[] }
  | { kind: "iterations"; loop: string; until: number }
  /** The other branches of a parallel, by key. */
  | { kind: "branches"; keys: string[] };

/** The containers around a step, outermost first. */
export function containersAround(key: string): string[] {
  const found: string[] = [];
  for (let at = parentKeyOf(key); at !== null; at = parentKeyOf(at))
    found.unshift(at);
  return found;
}

/** A loop's iteration or a branch is replayed from the first step in it. */
export function firstStepIn(graph: Graph, key: string): string {
  const node = findNode(graph, key);
  if (isIterationKey(key) && node?.kind === "loop")
    return into(key, node.body[0]);
  return node?.kind === "branch" ? into(key, node.steps[0]) : key;
}

function into(key: string, first: StepNode | undefined): string {
  return first === undefined ? key : childKey(key, first.name);
}

/** What is beside the way to `key`, outermost first. */
export function besideTheWay(graph: Graph, key: string): Beside[] {
  return [...containersAround(key), key].map((at) => besideOf(graph, at));
}

function besideOf(graph: Graph, at: string): Beside {
  const parentKey = parentKeyOf(at);
  if (isIterationKey(at) && parentKey !== null)
    return { kind: "iterations", loop: parentKey, until: iterationIndex(at) };
  const { block, index, node, parent } = positionOf(graph, at);
  const keysOf = (nodes: StepNode[]) =>
    nodes.map(({ name }) => childKey(parentKey, name));
  if (node.kind !== "branch")
    return { kind: "steps", keys: keysOf(block.slice(0, index)) };
  return parent?.kind === "parallel"
    ? { kind: "branches", keys: keysOf(block.filter((one) => one !== node)) }
    : { kind: "steps", keys: [] };
}

function positionOf(graph: Graph, key: string): BlockPosition {
  const position = blockOf(graph, key);
  if (position === null) throw new Error(`No step at ${key}`);
  return position;
}

/** Why what ran on one version cannot be taken over into another; `path` is the step that differs. */
export type Difference = { path: string; what: string };

/** The first thing on the way to `key`, or before it, that is another in `is` than it was; null when nothing is. */
export function differenceBefore(
  { was, is }: { was: Graph; is: Graph },
  key: string,
): Difference | null {
  for (const at of [...containersAround(key), key]) {
    if (isIterationKey(at)) continue;
    const before = positionOf(was, at);
    const now = blockOf(is, at);
    const { path } = before.node;
    if (now === null) return { path, what: "is not in it" };
    const found =
      differenceOnTheWay(before, now, { isTarget: at === key }) ??
      (before.node.kind === "branch" ? null : differenceInBlock(before, now));
    if (found !== null) return found;
  }
  return null;
}

/** The step itself runs anew, so only what it is in must be as it was. */
function differenceOnTheWay(
  was: BlockPosition,
  is: BlockPosition,
  { isTarget }: { isTarget: boolean },
): Difference | null {
  const { path } = was.node;
  if (sideOf(was) !== sideOf(is))
    return { path, what: "is in the other branch of its condition" };
  if (isTarget) return null;
  return differenceOfVariant(was.node, is.node);
}

function differenceOfVariant(was: StepNode, is: StepNode): Difference | null {
  const [before, now] = [variantOf(was), variantOf(is)];
  const { path } = was;
  return before === now ? null : { path, what: `is ${now} and was ${before}` };
}

/** Which block of a condition: both have the same paths. */
function sideOf({ parent, block }: BlockPosition): number {
  return parent?.kind === "condition" ? childBlocks(parent).indexOf(block) : 0;
}

function variantOf(node: StepNode): string {
  if (node.kind === "loop") return `a loop of kind "${node.mode}"`;
  if (node.kind === "parallel") return `a parallel of mode "${node.mode}"`;
  return `${/^[aeiou]/.test(node.kind) ? "an" : "a"} ${node.kind} step`;
}

function differenceInBlock(
  was: BlockPosition,
  is: BlockPosition,
): Difference | null {
  return differenceOfSteps(
    was.block.slice(0, was.index),
    is.block.slice(0, is.index),
  );
}

function differenceOfSteps(
  was: readonly StepNode[],
  is: readonly StepNode[],
): Difference | null {
  for (let index = 0; index < Math.max(was.length, is.length); index++) {
    const [before, now] = [was[index], is[index]];
    const found = differenceOfStep(before, now);
    if (found !== null) return found;
  }
  return null;
}

function differenceOfStep(
  was: StepNode | undefined,
  is: StepNode | undefined,
): Difference | null {
  if (was === undefined)
    return is === undefined ? null : { path: is.path, what: "is new" };
  if (is === undefined || is.name !== was.name)
    return { path: was.path, what: "is not there" };
  return differenceOfVariant(was, is) ?? differenceOfBlocks(was, is);
}

function differenceOfBlocks(was: StepNode, is: StepNode): Difference | null {
  const [before, now] = [childBlocks(was), childBlocks(is)];
  for (let side = 0; side < Math.max(before.length, now.length); side++) {
    const found = differenceOfSteps(before[side] ?? [], now[side] ?? []);
    if (found !== null) return found;
  }
  return null;
}

/** Whether the branch can be taken over as it is: it is the same in both versions. */
export function isSameBranch(was: Graph, is: Graph, key: string): boolean {
  const [before, now] = [findNode(was, key), findNode(is, key)];
  if (before === null || now === null) return false;
  return differenceOfStep(before, now) === null;
}

/** Whether what is at `key` completed only because a stop in it ended the run: it has to be come to again. */
export function endedRun(state: RunState, key: string): boolean {
  return (
    state.kind === "completed" &&
    state.stoppedBy !== undefined &&
    isInside(state.stoppedBy, key)
  );
}
