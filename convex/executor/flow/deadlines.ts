/**
 * When the time of a run, or of a step around others, is up. No row has it: rows say when something began, and the
 * version how long it may take.
 */
import type { Doc } from "../../_generated/dataModel";
import {
  findNode,
  type Graph,
  type StepNode,
  topSteps,
  walk,
} from "../../language/graph";
import { isInside, isIterationKey } from "./keys";

/** Effects and waits look after their timeout themselves. */
const TIMED: ReadonlySet<StepNode["kind"]> = new Set<StepNode["kind"]>([
  "condition",
  "switch",
  "parallel",
  "loop",
  "run",
]);

/** How long it may take from when it is created; null: a timer is not what ends it. */
export function timeLimitOf({ kind, timeoutMs }: StepNode): number | null {
  return TIMED.has(kind) ? timeoutMs : null;
}

/** Null for a run that has not begun, and for one that has failed: it is not failed again. */
export function runDeadline(
  { startedAt, failing }: Pick<Doc<"workflowRuns">, "startedAt" | "failing">,
  { timeoutMs }: Graph,
): number | null {
  if (timeoutMs === null || startedAt === null || failing !== undefined)
    return null;
  return startedAt + timeoutMs;
}

/** Of a step that has not ended. What is around the one step of a test was never begun, and has all the time. */
export function stepDeadline(
  graph: Graph,
  { onlyStep }: Pick<Doc<"workflowRuns">, "onlyStep">,
  { key, createdAt }: Pick<Doc<"stepExecutions">, "key" | "createdAt">,
): number | null {
  if (isIterationKey(key)) return null;
  if (onlyStep !== undefined && isInside(onlyStep, key)) return null;
  const node = findNode(graph, key);
  const limit = node === null ? null : timeLimitOf(node);
  return limit === null ? null : createdAt + limit;
}

/** Graphs do not change. */
const shortest = new WeakMap<Graph, number>();

/** No step around others has less time than this; `Infinity` when none has a limit. */
export function shortestLimit(graph: Graph): number {
  const known = shortest.get(graph);
  if (known !== undefined) return known;
  const limits = [...walk(topSteps(graph))]
    .filter(({ kind }) => kind !== "run")
    .map((node) => timeLimitOf(node) ?? Infinity);
  const found = Math.min(Infinity, ...limits);
  shortest.set(graph, found);
  return found;
}
