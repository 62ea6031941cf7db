import type { VisibleRow } from "./visible-row";

/** What a key does to the tree. */
export type TreeMove =
  | { kind: "select"; key: string }
  | { kind: "toggle"; key: string; expanded: boolean }
  | { kind: "inspect" }
  | { kind: "none" };

const NONE: TreeMove = { kind: "none" };

/** The keys of a treegrid: arrows, Home, End, Enter. Rows that only load or draw are passed over. */
export function moveInTree(
  rows: readonly VisibleRow[],
  selectedKey: string,
  key: string,
): TreeMove {
  const at = rows.findIndex((row) => row.key === selectedKey);
  switch (key) {
    case "ArrowDown":
      return selectFirst(rows.slice(at + 1));
    case "ArrowUp":
      return selectFirst(rows.slice(0, Math.max(at, 0)).reverse());
    case "Home":
      return selectFirst(rows);
    case "End":
      return selectFirst(rows.toReversed());
    case "ArrowRight":
      return moveIn(rows, at);
    case "ArrowLeft":
      return moveOut(rows, at);
    case "Enter":
      return { kind: "inspect" };
    default:
      return NONE;
  }
}

function selectFirst(rows: readonly VisibleRow[]): TreeMove {
  const row = rows.find((r) => r.type !== "strip" && r.type !== "more");
  return row === undefined ? NONE : { kind: "select", key: row.key };
}

function moveIn(rows: readonly VisibleRow[], at: number): TreeMove {
  const row = rows[at];
  const expanded = expandedOf(row);
  if (row === undefined || expanded === null) return NONE;
  return expanded
    ? selectFirst(rows.slice(at + 1))
    : { kind: "toggle", key: row.key, expanded: true };
}

function moveOut(rows: readonly VisibleRow[], at: number): TreeMove {
  const row = rows[at];
  if (row === undefined) return NONE;
  if (expandedOf(row) === true)
    return { kind: "toggle", key: row.key, expanded: false };
  const parent = rows.slice(0, at).findLast((r) => r.level < row.level);
  return parent === undefined ? NONE : { kind: "select", key: parent.key };
}

function expandedOf(row: VisibleRow | undefined): boolean | null {
  return row?.type === "step" || row?.type === "range" ? row.expanded : null;
}
