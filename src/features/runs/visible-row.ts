import type { RUN_KEY } from "./opening-step";
import type { Run } from "./run-context";
import type { TreeRow } from "./step-tree";

/** A row on screen: the run itself, or a row of the step tree. */
export type VisibleRow = TreeRow | RunRow;
export type RunRow = {
  type: "run";
  key: typeof RUN_KEY;
  run: Run;
  level: 1;
  position: 1;
  siblings: 1;
};

export type RowActions = {
  select: (key: string) => void;
  toggle: (key: string, expanded: boolean) => void;
  openIteration: (loopKey: string, index: number) => void;
  /** Null for those who may not. */
  replayFrom: ((key: string) => void) | null;
  isReplayable: (key: string) => boolean;
};

/** Rows that draw or load are not about anything that could be inspected. */
export function isSelectable(row: VisibleRow): boolean {
  return row.type !== "strip" && row.type !== "more";
}
