import { useMemo } from "react";
import { isTerminal } from "@/lib/run-status";
import { RUN_KEY } from "./opening-step";
import { useRunScope } from "./run-context";
import { applyStepFilter } from "./step-filter";
import { buildTree } from "./step-tree";
import type { VisibleRow } from "./visible-row";
import { useExpansion } from "./use-expansion";
import { useSteps } from "./use-steps";

/** The rows of the tree as filtered and expanded, and the parents whose children are wanted. */
export function useTree() {
  const { run, version, store, url, selectedKey } = useRunScope();
  const steps = useSteps(store);
  const expansion = useExpansion(
    steps.root,
    wantedKeys(run.state, selectedKey),
  );
  const tree = useMemo(
    () =>
      buildTree({
        root: steps.root ?? [],
        childrenOf: steps.childrenOf,
        graph: steps.root === null ? null : (version?.graph ?? null),
        isExpanded: expansion.isExpanded,
        selectedKey,
      }),
    [steps, version, expansion.isExpanded, selectedKey],
  );
  const rows = useMemo((): VisibleRow[] => {
    const filtered = applyStepFilter(tree.rows, url.f, url.q);
    const place = { level: 1, position: 1, siblings: 1 } as const;
    const isFiltered = filtered !== tree.rows;
    return isFiltered
      ? [...filtered]
      : [{ type: "run", key: RUN_KEY, run, ...place }, ...filtered];
  }, [tree, url.f, url.q, run]);
  return { steps, expansion, tree, rows, ended: isTerminal(run.state) };
}

export type TreeState = ReturnType<typeof useTree>;

/** Steps that must be visible: the selection, and what the run's own state points at. */
function wantedKeys(
  state: ReturnType<typeof useRunScope>["run"]["state"],
  selectedKey: string,
): string[] {
  const keys = selectedKey === RUN_KEY ? [] : [selectedKey];
  if (state.kind === "failed" && state.error.stepKey !== null)
    keys.push(state.error.stepKey);
  if (state.kind === "waiting") keys.push(state.stepKey);
  return keys;
}
