import { isActive, statusOf } from "../../lib/run-status";
import { describeKey } from "../../lib/step-keys";
import { filterTree, type TreeRow } from "./step-tree";
import type { StepFilter } from "./use-run-url";

/** The rows that the status filter and the text leave, with the rows around them. */
export function applyStepFilter(
  rows: readonly TreeRow[],
  filter: StepFilter,
  text: string,
): readonly TreeRow[] {
  const needle = text.trim().toLowerCase();
  if (filter === "all" && needle === "") return rows;
  return filterTree(
    rows,
    (row) => passes(row, filter) && (needle === "" || contains(row, needle)),
  );
}

function contains(row: TreeRow, needle: string): boolean {
  const label =
    row.type === "step"
      ? row.row.label
      : row.type === "ghost"
        ? row.node.label
        : "";
  return `${describeKey(row.key)} ${label}`.toLowerCase().includes(needle);
}

function passes(row: TreeRow, filter: StepFilter): boolean {
  switch (filter) {
    case "all":
      return row.type !== "strip" && row.type !== "more";
    case "failed":
      return isFailure(row);
    case "active":
      return row.type === "step" && isActive(row.row.state);
    case "unstarted":
      return (
        row.type === "ghost" ||
        row.type === "unstarted" ||
        (row.type === "step" && row.row.state.kind === "pending")
      );
  }
}

export function isFailure(row: TreeRow): boolean {
  if (row.type === "range") return row.status === "failed";
  return row.type === "step" && statusOf(row.row.state) === "failed";
}

/** The next (or previous) failing row from where the selection is, around the end; leaves only if there are any. */
export function findFailure(
  rows: readonly TreeRow[],
  fromKey: string,
  direction: 1 | -1,
): TreeRow | undefined {
  const failures = rows.filter(
    (row) => row.type === "step" && isFailure(row) && row.expanded !== true,
  );
  const at = rows.findIndex((row) => row.key === fromKey);
  const ordered = direction === 1 ? failures : failures.toReversed();
  return (
    ordered.find((row) => (rows.indexOf(row) - at) * direction > 0) ??
    ordered[0]
  );
}
