import { describe, expect, it } from "vitest";
import { stepRow } from "./step-row.fixture";
import { buildTree } from "./step-tree";
import { moveInTree } from "./tree-keys";

const loop = stepRow("a", { kind: "loop" });
const { rows } = buildTree({
  root: [loop, stepRow("b", { sequence: 1 })],
  childrenOf: () => ({
    rows: [
      stepRow("a[0]", { kind: "iteration", parentKey: "a" }),
      stepRow("a[1]", { kind: "iteration", parentKey: "a" }),
    ],
    status: "complete",
  }),
  graph: null,
  isExpanded: (key) => key === "a",
  selectedKey: null,
});

describe("moveInTree", () => {
  it("moves to the next row and back, over the strip", () => {
    expect(moveInTree(rows, "a", "ArrowDown")).toEqual({
      kind: "select",
      key: "a[0]",
    });
    expect(moveInTree(rows, "a[0]", "ArrowUp")).toEqual({
      kind: "select",
      key: "a",
    });
    expect(moveInTree(rows, "b", "ArrowDown")).toEqual({ kind: "none" });
  });

  it("goes to the ends", () => {
    expect(moveInTree(rows, "a", "End")).toEqual({ kind: "select", key: "b" });
    expect(moveInTree(rows, "b", "Home")).toEqual({ kind: "select", key: "a" });
  });

  it("expands, goes in, comes out and collapses", () => {
    expect(moveInTree(rows, "a[0]", "ArrowRight")).toEqual({
      kind: "toggle",
      key: "a[0]",
      expanded: true,
    });
    expect(moveInTree(rows, "a", "ArrowRight")).toEqual({
      kind: "select",
      key: "a[0]",
    });
    expect(moveInTree(rows, "a[1]", "ArrowLeft")).toEqual({
      kind: "select",
      key: "a",
    });
    expect(moveInTree(rows, "a", "ArrowLeft")).toEqual({
      kind: "toggle",
      key: "a",
      expanded: false,
    });
  });
});
