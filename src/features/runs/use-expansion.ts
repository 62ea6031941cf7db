import { useCallback, useState } from "react";
import type { StepRow } from "../../../convex/validators/steps";
import { isActive } from "../../lib/run-status";
import { keyChain } from "@/lib/step-keys";

export type Expansion = {
  isExpanded: (key: string, otherwise?: boolean) => boolean;
  setExpanded: (key: string, expanded: boolean) => void;
};

/**
 * What is open in the tree: what the person opened or closed, else what opened by itself: branches,
 * loops that fail or run, and whatever is around the selection. What opened once stays open.
 */
export function useExpansion(
  root: readonly StepRow[] | null,
  wantedKeys: readonly string[],
): Expansion {
  const [choices, setChoices] = useState<ReadonlyMap<string, boolean>>(
    new Map(),
  );
  const opening = [
    ...(root ?? []).filter(opensByItself).map((row) => row.key),
    ...wantedKeys.flatMap((key) => keyChain(key).slice(0, -1)),
  ].filter((key) => !choices.has(key));
  if (opening.length > 0)
    setChoices(
      new Map([...opening.map((k) => [k, true] as const), ...choices]),
    );
  const isExpanded = useCallback(
    (key: string, otherwise = false) => choices.get(key) ?? otherwise,
    [choices],
  );
  const setExpanded = useCallback(
    (key: string, expanded: boolean) =>
      setChoices((was) => new Map(was).set(key, expanded)),
    [],
  );
  return { isExpanded, setExpanded };
}

const CHOOSES: ReadonlySet<StepRow["kind"]> = new Set<StepRow["kind"]>([
  "condition",
  "switch",
  "approval",
  "waitForEvent",
]);

function opensByItself(row: StepRow): boolean {
  if (CHOOSES.has(row.kind)) return row.branch !== null;
  if (row.kind === "parallel" || row.kind === "branch") return true;
  if (row.kind !== "loop") return false;
  return isActive(row.state) || (row.loop?.failed ?? 0) > 0;
}
