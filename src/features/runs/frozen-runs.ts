import type { RunSummary } from "../../../convex/validators/runs";

export type ListedRun = {
  run: RunSummary;
  /** It no longer matches the filter, and stays until the list may move again. */
  stale: boolean;
};

export type RunListView = { rows: ListedRun[]; fresh: number };

/**
 * What the list shows while somebody works in it: the same rows in the same order, each as it is now;
 * older ones that were loaded since at the end; newer ones only counted.
 */
export function viewFrozen(
  live: readonly RunSummary[],
  shown: readonly RunSummary[],
): RunListView {
  const now = new Map(live.map((run) => [run._id, run]));
  const known = new Set(shown.map((run) => run._id));
  const newest = shown[0]?.createdAt ?? -Infinity;
  const unknown = live.filter((run) => !known.has(run._id));
  const older = unknown.filter((run) => run.createdAt < newest);
  const kept = shown.map((run) => ({
    run: now.get(run._id) ?? run,
    stale: !now.has(run._id),
  }));
  return {
    rows: [...kept, ...older.map((run) => ({ run, stale: false }))],
    fresh: unknown.length - older.length,
  };
}

export function viewLive(live: readonly RunSummary[]): RunListView {
  return { rows: live.map((run) => ({ run, stale: false })), fresh: 0 };
}
