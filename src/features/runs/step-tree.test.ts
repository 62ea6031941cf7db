import { describe, expect, it } from "vitest";
import type { Graph, StepNode } from "../../../convex/language/graph";
import type { StepRow } from "../../../convex/validators/steps";
import { stepRow } from "./step-row.fixture";
import { buildTree, filterTree, type LoadedChildren } from "./step-tree";

function tree(args: {
  root: StepRow[];
  children?: Record<string, LoadedChildren>;
  graph?: Graph;
  expanded?: string[];
  selected?: string;
}) {
  return buildTree({
    root: args.root,
    childrenOf: (key) => args.children?.[key],
    graph: args.graph ?? null,
    isExpanded: (key, otherwise = false) =>
      args.expanded?.includes(key) ?? otherwise,
    selectedKey: args.selected ?? null,
  });
}

const summary = (built: ReturnType<typeof tree>) =>
  built.rows.map(
    (row) => `${"  ".repeat(row.level - 1)}${row.type} ${row.key}`,
  );

const code = (path: string): StepNode => ({
  kind: "code",
  path,
  name: path.split("/").at(-1) ?? path,
  label: path,
  range: null,
  reads: null,
  readsInput: false,
  retry: {
    maxAttempts: 1,
    backoff: "fixed",
    initialDelayMs: 0,
    maxDelayMs: 0,
    maxElapsedMs: null,
  },
  timeoutMs: null,
  onError: "fail",
});

const graph = (steps: StepNode[]): Graph => ({
  steps,
  hasOutput: false,
  outputReads: null,
  timeoutMs: null,
  retry: code("x").retry,
});

const loop = (total: number) =>
  stepRow("notify", {
    kind: "loop",
    loop: { total, completed: 0, failed: 0, running: 0 },
  });

const iterations = (count: number, failedAt = -1) =>
  Array.from({ length: count }, (_, index) =>
    stepRow(`notify[${index}]`, {
      kind: "iteration",
      parentKey: "notify",
      sequence: index,
      state:
        index === failedAt
          ? { kind: "failed", error: { name: "E", message: "no" } }
          : { kind: "completed" },
    }),
  );

describe("buildTree", () => {
  it("orders siblings by sequence, whatever their status", () => {
    const root = [stepRow("b", { sequence: 1 }), stepRow("a", { sequence: 0 })];
    expect(summary(tree({ root }))).toEqual(["step a", "step b"]);
  });

  it("adds the steps that have not started, in the order of the definition", () => {
    const built = tree({
      root: [stepRow("a")],
      graph: graph([code("a"), code("b"), code("c")]),
    });
    expect(summary(built)).toEqual(["step a", "ghost b", "ghost c"]);
  });

  it("shows the steps of the branch a condition took", () => {
    const root = [
      stepRow("large", { kind: "condition", branch: "then" }),
      stepRow("large/mail", { parentKey: "large", sequence: 1 }),
    ];
    const condition: StepNode = {
      ...code("large"),
      kind: "condition",
      then: [code("large/mail"), code("large/log")],
      else: [code("large/other")],
    };
    const args = { root, graph: graph([condition]) };
    expect(summary(tree({ ...args, expanded: ["large"] }))).toEqual([
      "step large",
      "  step large/mail",
      "  ghost large/log",
    ]);
    expect(tree(args).rows[0]).toMatchObject({ expanded: false });
  });

  it("shows the branches of a parallel and the case that a switch took", () => {
    const branch = (path: string, steps: string[]) => ({
      ...code(path),
      kind: "branch" as const,
      steps: steps.map((name) => code(`${path}/${name}`)),
    });
    const root = [
      stepRow("both", { kind: "parallel" }),
      stepRow("both/a", { kind: "branch", parentKey: "both" }),
      stepRow("both/a/x", { parentKey: "both/a" }),
      stepRow("route", { kind: "switch", branch: "gold", sequence: 5 }),
      stepRow("route/gold", { kind: "branch", parentKey: "route" }),
    ];
    const parallel: StepNode = {
      ...code("both"),
      kind: "parallel",
      mode: "all",
      branches: [branch("both/a", ["x", "y"]), branch("both/b", ["x"])],
    };
    const choice: StepNode = {
      ...code("route"),
      kind: "switch",
      cases: [branch("route/gold", ["x"]), branch("route/tin", ["x"])],
      default: null,
    };
    const built = tree({
      root,
      graph: graph([parallel, choice]),
      expanded: ["both", "both/a", "route", "route/gold"],
    });
    expect(summary(built)).toEqual([
      "step both",
      "  step both/a",
      "    step both/a/x",
      "    ghost both/a/y",
      "  ghost both/b",
      "step route",
      "  step route/gold",
      "    ghost route/gold/x",
    ]);
  });

  it("shows a step of a kind that it does not know as a plain step", () => {
    const kind = "from a later version" as StepRow["kind"];
    const built = tree({ root: [stepRow("a", { kind }), stepRow("b")] });
    expect(summary(built)).toEqual(["step a", "step b"]);
    expect(built.rows[0]).toMatchObject({ expanded: null });
  });

  it("asks for the children of an expanded loop and shows that they are loading", () => {
    const built = tree({ root: [loop(5)], expanded: ["notify"] });
    expect(built.open).toEqual(["notify"]);
    expect(summary(built)).toEqual(["step notify", "  more notify#more"]);
  });

  it("shows each iteration of a small loop", () => {
    const built = tree({
      root: [loop(2)],
      expanded: ["notify"],
      children: { notify: { rows: iterations(2), status: "complete" } },
    });
    expect(summary(built)).toEqual([
      "step notify",
      "  strip notify#strip",
      "  step notify[0]",
      "  step notify[1]",
    ]);
  });

  it("groups equal iterations of a large loop and keeps failures apart", () => {
    const built = tree({
      root: [loop(200)],
      expanded: ["notify"],
      children: { notify: { rows: iterations(42, 41), status: "complete" } },
    });
    expect(summary(built)).toEqual([
      "step notify",
      "  strip notify#strip",
      "  range notify[0…]",
      "  step notify[41]",
      "  unstarted notify#unstarted",
    ]);
    expect(built.rows.at(-1)).toMatchObject({ first: 42, last: 199 });
  });

  it("opens a range to its iterations, one level deeper", () => {
    const built = tree({
      root: [loop(12)],
      expanded: ["notify", "notify[0…]"],
      children: { notify: { rows: iterations(12), status: "complete" } },
    });
    expect(built.rows).toHaveLength(15);
    expect(built.rows.at(-1)).toMatchObject({ level: 3, position: 12 });
  });

  it("opens the range that holds the selection", () => {
    const rows = iterations(12);
    const built = buildTree({
      root: [loop(12)],
      childrenOf: () => ({ rows, status: "complete" }),
      graph: null,
      isExpanded: (key, otherwise = false) => key === "notify" || otherwise,
      selectedKey: "notify[7]",
    });
    expect(built.rows.map((row) => row.key)).toContain("notify[7]");
  });

  it("finds the steps of a condition among all steps of its iteration", () => {
    const inside = { parentKey: "notify[0]", sequence: 1 };
    const built = tree({
      root: [loop(1)],
      expanded: ["notify", "notify[0]", "notify[0]/if"],
      children: {
        notify: { rows: iterations(1), status: "complete" },
        "notify[0]": {
          status: "complete",
          rows: [
            stepRow("notify[0]/if", {
              ...inside,
              kind: "condition",
              branch: "then",
            }),
            stepRow("notify[0]/if/mail", { parentKey: "notify[0]/if" }),
          ],
        },
      },
    });
    expect(summary(built)).toEqual([
      "step notify",
      "  step notify[0]",
      "    step notify[0]/if",
      "      step notify[0]/if/mail",
    ]);
    expect(built.open).toEqual(["notify", "notify[0]"]);
  });

  it("passes step rows through by identity", () => {
    const row = stepRow("a");
    expect(tree({ root: [row] }).rows[0]).toMatchObject({ row });
  });
});

describe("filterTree", () => {
  it("keeps what matches and everything around it", () => {
    const built = tree({
      root: [stepRow("a"), loop(2)],
      expanded: ["notify"],
      children: { notify: { rows: iterations(2, 1), status: "complete" } },
    });
    const failed = filterTree(
      built.rows,
      (row) => row.type === "step" && row.row.state.kind === "failed",
    );
    expect(failed.map((row) => row.key)).toEqual(["notify", "notify[1]"]);
  });
});
