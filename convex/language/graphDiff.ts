/**
 * What differs between two graphs, step by step. Exact, because structure is data: a step is its definition path, and a
 * step that went to another path is one that was removed and one that was added.
 */
import {
  childBlocks,
  type Graph,
  type StepKind,
  type StepNode,
  topSteps,
} from "./graph";
import { type JsonChange, jsonChanges } from "./jsonChanges";
import type { OwnCode } from "./ownCode";

export type ChangedPart = "kind" | "options" | "code" | "position";

export type StepChange = {
  path: string;
  kind: StepKind;
  change: "added" | "removed" | "changed";
  /** What changed of a step that both have; empty for others. */
  parts: ChangedPart[];
  options: JsonChange[];
  /** The kind it had, when it has another now. */
  kindBefore: StepKind | null;
  /** Where it stands in the two sources; null when it does not, or nobody knows. */
  lines: { before: number | null; after: number | null };
};

export type GraphDiff = {
  /** In the order of the newer graph; removed ones where they were. */
  steps: StepChange[];
  /** Options of the workflow itself. */
  options: JsonChange[];
  /** Code outside of steps changed: helpers, the head of the workflow, its output. */
  otherCode: boolean;
};

export type DiffSide = { graph: Graph; code: OwnCode };

export function diffGraphs(from: DiffSide, to: DiffSide): GraphDiff {
  const before = placedSteps(from.graph);
  const after = placedSteps(to.graph);
  const moved = movedSteps(before, after);
  const kept = [...after.values()].flatMap((now) => {
    const was = before.get(now.node.path);
    if (was === undefined) return [only("added", now.node)];
    const codeChanged = isCodeChanged(from.code, to.code, now.node.path);
    const found = compareSteps(was.node, now.node, {
      code: codeChanged,
      position: moved.has(now.node.path),
    });
    return found === null ? [] : [found];
  });
  return {
    steps: withRemoved(kept, { before, after }),
    options: jsonChanges(
      workflowOptions(from.graph),
      workflowOptions(to.graph),
    ),
    otherCode: isCodeChanged(from.code, to.code, ""),
  };
}

type Placed = { node: StepNode; block: string; order: number };

/** In source order. `block`: the list it stands in, by the path around it and which of its lists. */
function placedSteps(graph: Graph): Map<string, Placed> {
  const placed = new Map<string, Placed>();
  const visit = (nodes: readonly StepNode[], block: string) => {
    for (const node of nodes) {
      placed.set(node.path, { node, block, order: placed.size });
      for (const [index, inner] of childBlocks(node).entries())
        visit(inner, `${node.path}#${index}`);
    }
  };
  visit(topSteps(graph), "");
  return placed;
}

/** As few as possible: of what stayed in its list, those outside the longest part that is still in order. */
function movedSteps(
  before: Map<string, Placed>,
  after: Map<string, Placed>,
): Set<string> {
  const moved = new Set<string>();
  const lists = new Map<string, { path: string; order: number }[]>();
  for (const [path, now] of after) {
    const was = before.get(path);
    if (was === undefined) continue;
    if (was.block !== now.block) moved.add(path);
    else {
      const list = lists.get(now.block) ?? [];
      list.push({ path, order: was.order });
      lists.set(now.block, list);
    }
  }
  for (const list of lists.values())
    for (const path of outOfOrder(list)) moved.add(path);
  return moved;
}

/** All but a longest increasing subsequence. */
function outOfOrder(
  list: readonly { path: string; order: number }[],
): string[] {
  const best = list.map(() => 1);
  const previous = list.map(() => -1);
  let last = -1;
  for (const [index, { order }] of list.entries()) {
    for (let earlier = 0; earlier < index; earlier++) {
      const length = (best[earlier] ?? 0) + 1;
      if ((list[earlier]?.order ?? 0) > order || length <= (best[index] ?? 0))
        continue;
      best[index] = length;
      previous[index] = earlier;
    }
    if ((best[index] ?? 0) > (best[last] ?? 0)) last = index;
  }
  const inOrder = new Set<number>();
  for (let at = last; at !== -1; at = previous[at] ?? -1) inOrder.add(at);
  return list.flatMap(({ path }, index) => (inOrder.has(index) ? [] : path));
}

function compareSteps(
  was: StepNode,
  now: StepNode,
  { code, position }: { code: boolean; position: boolean },
): StepChange | null {
  const kind = was.kind !== now.kind;
  const options = kind ? [] : optionChanges(was, now);
  const changed = { kind, options: options.length > 0, code, position };
  const parts = PARTS.filter((part) => changed[part]);
  if (parts.length === 0) return null;
  return {
    path: now.path,
    kind: now.kind,
    change: "changed",
    parts,
    options,
    kindBefore: kind ? was.kind : null,
    lines: { before: lineOf(was), after: lineOf(now) },
  };
}

const PARTS = ["kind", "options", "code", "position"] as const;

function only(change: "added" | "removed", node: StepNode): StepChange {
  const line = lineOf(node);
  const lines =
    change === "added"
      ? { before: null, after: line }
      : { before: line, after: null };
  const nothing = { parts: [], options: [], kindBefore: null };
  return { path: node.path, kind: node.kind, change, ...nothing, lines };
}

const lineOf = ({ range }: StepNode) => range?.line ?? null;

/** A removed step comes after the nearest one before it that is in the list. */
function withRemoved(
  kept: StepChange[],
  {
    before,
    after,
  }: { before: Map<string, Placed>; after: Map<string, Placed> },
): StepChange[] {
  const list = [...kept];
  let at = 0;
  for (const { node } of before.values()) {
    if (after.has(node.path)) {
      const found = list.findIndex(({ path }) => path === node.path);
      if (found !== -1) at = found + 1;
    } else list.splice(at++, 0, only("removed", node));
  }
  return list;
}

const DERIVED = new Set([
  "path",
  "name",
  "kind",
  "range",
  "reads",
  "readsInput",
  "readsParts",
]);

/** What the step was given, without the steps inside it and without what follows from its place in the source. */
function optionChanges(was: StepNode, now: StepNode): JsonChange[] {
  const blocks = new Set([...blockKeys(was), ...blockKeys(now)]);
  const given = (node: StepNode) =>
    Object.fromEntries(
      Object.entries(node).filter(
        ([key]) => !DERIVED.has(key) && !blocks.has(key),
      ),
    );
  return jsonChanges(given(was), given(now));
}

/** The fields that hold the steps inside it. */
function blockKeys(node: StepNode): string[] {
  const blocks = childBlocks(node);
  const inside = new Set<unknown>([...blocks, ...blocks.flat()]);
  const holdsSteps = (value: unknown) =>
    inside.has(value) ||
    (Array.isArray(value) && value.some((one) => inside.has(one)));
  return Object.entries(node).flatMap(([key, value]) =>
    holdsSteps(value) ? [key] : [],
  );
}

function workflowOptions(graph: Graph): Record<string, unknown> {
  const { steps: _, onFailure: __, outputReads: ___, ...options } = graph;
  return options;
}

/** Code of unknown steps counts as equal: nothing is claimed that nobody knows. */
function isCodeChanged(from: OwnCode, to: OwnCode, path: string): boolean {
  const [was, now] = [from.get(path), to.get(path)];
  return was !== undefined && now !== undefined && was !== now;
}
