import { describe, expect, it } from "vitest";
import { applyStepFilter, findFailure } from "./step-filter";
import { stepRow } from "./step-row.fixture";
import { buildTree } from "./step-tree";

const failed = { kind: "failed", error: { name: "E", message: "no" } } as const;
const { rows } = buildTree({
  root: [
    stepRow("a", { state: failed, sequence: 0 }),
    stepRow("send mail", { sequence: 1 }),
    stepRow("c", { state: failed, sequence: 2 }),
    stepRow("d", { state: { kind: "running" }, sequence: 3 }),
  ],
  childrenOf: () => undefined,
  graph: null,
  isExpanded: () => false,
  selectedKey: null,
});
const keys = (list: readonly { key: string }[]) => list.map((row) => row.key);

describe("applyStepFilter", () => {
  it("leaves everything when nothing is asked for", () => {
    expect(applyStepFilter(rows, "all", " ")).toBe(rows);
  });

  it("filters by status and by text", () => {
    expect(keys(applyStepFilter(rows, "failed", ""))).toEqual(["a", "c"]);
    expect(keys(applyStepFilter(rows, "active", ""))).toEqual(["d"]);
    expect(keys(applyStepFilter(rows, "all", "MAIL"))).toEqual(["send mail"]);
    expect(applyStepFilter(rows, "failed", "mail")).toEqual([]);
  });
});

describe("findFailure", () => {
  it("goes to the next one, and from the last to the first", () => {
    expect(findFailure(rows, "a", 1)?.key).toBe("c");
    expect(findFailure(rows, "c", 1)?.key).toBe("a");
    expect(findFailure(rows, "d", -1)?.key).toBe("c");
  });
});
