/**
 * The rows of the step tree: what is expanded of the steps of a run, flattened, with what the
 * definition says is still to come. Pure; `StepRow` objects pass through by identity.
 */
import {
  definitionPath,
  findNode,
  type Graph,
  type StepNode,
} from "../../../convex/language/graph";
import type { StepRow } from "../../../convex/validators/steps";
import { statusOf, type StatusKey } from "../../lib/run-status";
import { iterationIndex, iterationKey } from "../../lib/step-keys";

/** What has been loaded below a loop, or an iteration with everything in it but inner loops. */
export type LoadedChildren = {
  rows: readonly StepRow[];
  status: "loading" | "more" | "complete";
};

type Place = {
  key: string;
  level: number;
  position: number;
  siblings: number;
};

export type TreeRow = Place &
  (
    | {
        type: "step";
        row: StepRow;
        expanded: boolean | null;
      }
    /** A step of the definition that has not started. */
    | { type: "ghost"; node: StepNode }
    /** Iterations next to each other with the same status. */
    | {
        type: "range";
        status: StatusKey;
        rows: readonly StepRow[];
        first: number;
        last: number;
        expanded: boolean;
      }
    /** Iterations that the loop has not created yet. */
    | { type: "unstarted"; first: number; last: number }
    | { type: "strip"; row: StepRow; iterations: readonly StepRow[] }
    | {
        type: "more";
        parentKey: string;
        loaded: number;
        total: number | null;
        loading: boolean;
      }
  );

export type TreeInput = {
  /** Steps outside loop bodies. */
  root: readonly StepRow[];
  childrenOf: (parentKey: string) => LoadedChildren | undefined;
  graph: Graph | null;
  /** What was opened or closed by hand or by itself; else `otherwise`. */
  isExpanded: (key: string, otherwise?: boolean) => boolean;
  /** Shown even when its group would be closed. */
  selectedKey: string | null;
};

export type Tree = {
  rows: TreeRow[];
  /** Expanded parents whose children come from `listChildren`. */
  open: string[];
};

/** Iterations of smaller loops are all shown one by one. */
const GROUP_FROM = 10;
const MIN_RANGE = 3;
const GROUPED: ReadonlySet<StatusKey> = new Set<StatusKey>([
  "completed",
  "pending",
  "skipped",
  "cancelled",
]);

type Draft = TreeRow extends infer Row
  ? Row extends TreeRow
    ? Omit<Row, "level" | "position" | "siblings">
    : never
  : never;

export function buildTree(input: TreeInput): Tree {
  const byParent = groupByParent(input.root);
  const tree: Tree = { rows: [], open: [] };
  emitSteps({ ...input, byParent, tree }, null, 1);
  return tree;
}

type Walk = TreeInput & {
  byParent: ReadonlyMap<string | null, StepRow[]>;
  tree: Tree;
};

function emitSteps(walk: Walk, parent: StepRow | null, level: number): void {
  const rows = stepsUnder(walk, parent);
  const drafts: Draft[] = rows.map((row) => stepDraft(walk, row));
  for (const node of missingSteps(walk, parent, rows))
    drafts.push({ type: "ghost", key: childKey(parent, node), node });
  emit(walk, drafts, level);
  if (parent !== null) emitLoading(walk, parent, level);
}

function emit(walk: Walk, drafts: readonly Draft[], level: number): void {
  drafts.forEach((draft, index) => {
    walk.tree.rows.push({
      ...draft,
      level,
      position: index + 1,
      siblings: drafts.length,
    });
    if (draft.type === "step" && draft.expanded === true)
      emitInside(walk, draft.row, level + 1);
    if (draft.type === "range" && draft.expanded)
      emit(
        walk,
        draft.rows.map((row) => stepDraft(walk, row)),
        level + 1,
      );
  });
}

function emitInside(walk: Walk, row: StepRow, level: number): void {
  if (isLoaded(row)) walk.tree.open.push(row.key);
  if (row.kind === "loop") emitIterations(walk, row, level);
  else emitSteps(walk, row, level);
}

function emitIterations(walk: Walk, loop: StepRow, level: number): void {
  const children = walk.childrenOf(loop.key);
  const iterations = sortIterations(children?.rows ?? []);
  if (iterations.length > 1)
    emit(
      walk,
      [{ type: "strip", key: `${loop.key}#strip`, row: loop, iterations }],
      level,
    );
  const drafts = groupIterations(walk, loop, iterations);
  const rest = children?.status === "complete" && unstarted(loop, iterations);
  if (rest) drafts.push(rest);
  emit(walk, drafts, level);
  emitLoading(walk, loop, level);
}

function emitLoading(walk: Walk, parent: StepRow, level: number): void {
  if (!isLoaded(parent)) return;
  const children = walk.childrenOf(parent.key);
  if (children?.status === "complete") return;
  const more: Draft = {
    type: "more",
    key: `${parent.key}#more`,
    parentKey: parent.key,
    loaded: children?.rows.length ?? 0,
    total: parent.loop?.total ?? null,
    loading: children?.status !== "more",
  };
  emit(walk, [more], level);
}

/** Steps come in scopes: the run's own, and one for each iteration with everything in it but inner loops. */
function stepsUnder(walk: Walk, parent: StepRow | null): StepRow[] {
  const key = parent?.key ?? null;
  const scope = key === null ? null : iterationKey(key);
  const rows =
    scope === null
      ? (walk.byParent.get(key) ?? [])
      : (walk.childrenOf(scope)?.rows ?? []).filter((r) => r.parentKey === key);
  return [...rows].sort((a, b) => a.sequence - b.sequence);
}

function stepDraft(walk: Walk, row: StepRow): Draft {
  const expanded = isExpandable(walk, row) ? walk.isExpanded(row.key) : null;
  return { type: "step", key: row.key, row, expanded };
}

function isExpandable(walk: Walk, row: StepRow): boolean {
  if (row.startedAt === null) return false;
  if (row.kind === "loop") return row.loop === null || row.loop.total !== 0;
  if (row.kind === "iteration") return true;
  if (!HOLDS_STEPS.has(row.kind)) return false;
  return (
    stepsUnder(walk, row).length > 0 || missingSteps(walk, row, []).length > 0
  );
}

/** Kinds whose steps stand in the list that they are in themselves. */
const HOLDS_STEPS: ReadonlySet<StepRow["kind"]> = new Set<StepRow["kind"]>([
  "condition",
  "switch",
  "parallel",
  "branch",
  "approval",
  "waitForEvent",
]);

/** True when what is in a row is loaded when it is expanded. */
function isLoaded(row: StepRow): boolean {
  return row.kind === "loop" || row.kind === "iteration";
}

/** Steps of the definition in the same block that have no execution; none while rows are still loading. */
function missingSteps(
  walk: Walk,
  parent: StepRow | null,
  rows: readonly StepRow[],
): StepNode[] {
  if (walk.graph === null) return [];
  const scope = parent === null ? null : iterationKey(parent.key);
  if (scope !== null && walk.childrenOf(scope)?.status !== "complete")
    return [];
  const known = new Set(rows.map((row) => definitionPath(row.key)));
  return blockOf(walk.graph, parent).filter((node) => !known.has(node.path));
}

function blockOf(graph: Graph, parent: StepRow | null): StepNode[] {
  if (parent === null) return graph.steps;
  const node = findNode(graph, parent.key);
  switch (node?.kind) {
    case "loop":
      return node.body;
    case "parallel":
      return node.branches;
    case "branch":
      return node.steps;
    case "condition":
      if (parent.branch === null) return [];
      return (parent.branch === "then" ? node.then : node.else) ?? [];
    case "approval":
    case "waitForEvent":
      return parent.branch === null ? [] : (node.late ?? []);
    default:
      return [];
  }
}

function childKey(parent: StepRow | null, node: StepNode): string {
  return parent === null ? node.name : `${parent.key}/${node.name}`;
}

function groupByParent(rows: readonly StepRow[]) {
  const groups = new Map<string | null, StepRow[]>();
  for (const row of rows) {
    const group = groups.get(row.parentKey);
    if (group === undefined) groups.set(row.parentKey, [row]);
    else group.push(row);
  }
  return groups;
}

function sortIterations(rows: readonly StepRow[]): StepRow[] {
  return [...rows].sort((a, b) => indexOf(a) - indexOf(b));
}

function indexOf(row: StepRow): number {
  return iterationIndex(row.key) ?? row.sequence;
}

function groupIterations(
  walk: Walk,
  loop: StepRow,
  iterations: readonly StepRow[],
): Draft[] {
  if (Math.max(iterations.length, loop.loop?.total ?? 0) <= GROUP_FROM)
    return iterations.map((row) => stepDraft(walk, row));
  return runsOfEqual(iterations).flatMap((rows): Draft[] => {
    const first = rows[0];
    const last = rows.at(-1);
    if (first === undefined || last === undefined) return [];
    const status = statusOf(first.state);
    if (!GROUPED.has(status) || rows.length < MIN_RANGE)
      return rows.map((row) => stepDraft(walk, row));
    const key = rangeKey(loop.key, indexOf(first));
    const span = { first: indexOf(first), last: indexOf(last) };
    const holdsOpen = rows.some(
      (row) => row.key === walk.selectedKey || walk.isExpanded(row.key),
    );
    const expanded = walk.isExpanded(key, holdsOpen);
    return [{ type: "range", key, status, rows, ...span, expanded }];
  });
}

/** Named after its first iteration, so that a growing range stays the same row. */
export function rangeKey(loopKey: string, first: number): string {
  return `${loopKey}[${first}…]`;
}

function runsOfEqual(rows: readonly StepRow[]): StepRow[][] {
  const groups: StepRow[][] = [];
  for (const row of rows) {
    const group = groups.at(-1);
    const previous = group?.at(-1);
    if (
      group !== undefined &&
      previous !== undefined &&
      statusOf(previous.state) === statusOf(row.state)
    )
      group.push(row);
    else groups.push([row]);
  }
  return groups;
}

function unstarted(
  loop: StepRow,
  iterations: readonly StepRow[],
): Draft | false {
  const total = loop.loop?.total ?? 0;
  if (total <= iterations.length) return false;
  const first = iterations.length;
  const key = `${loop.key}#unstarted`;
  return { type: "unstarted", key, first, last: total - 1 };
}

/** Rows that match, and the rows around them; strips and loading rows stay with their parents. */
export function filterTree(
  rows: readonly TreeRow[],
  matches: (row: TreeRow) => boolean,
): TreeRow[] {
  const kept = new Set<TreeRow>();
  const path: TreeRow[] = [];
  for (const row of rows) {
    path.length = Math.min(path.length, row.level - 1);
    path.push(row);
    if (matches(row)) for (const around of path) kept.add(around);
  }
  return rows.filter((row) => kept.has(row));
}
