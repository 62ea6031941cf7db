import { useMemo, useState } from "react";
import type { Id } from "@/convex/_generated/dataModel";

type RunId = Id<"workflowRuns">;
type Chosen = {
  scope: string;
  ids: ReadonlySet<RunId>;
  /** All that match the filter, also those that are not loaded. */
  isAll: boolean;
};

const NONE: ReadonlySet<RunId> = new Set();

/** The chosen runs, by id: they survive updates and paging, and are forgotten when the filter (`scope`) changes. */
export function useRunSelection(scope: string) {
  const [chosen, setChosen] = useState<Chosen>({
    scope,
    ids: NONE,
    isAll: false,
  });
  const { ids, isAll } =
    chosen.scope === scope ? chosen : { ids: NONE, isAll: false };
  return useMemo(() => {
    const choose = (next: ReadonlySet<RunId>, all = false) =>
      setChosen({ scope, ids: next, isAll: all });
    return {
      ids,
      isAll,
      isEmpty: ids.size === 0 && !isAll,
      toggle: (id: RunId) => {
        const next = new Set(ids);
        if (!next.delete(id)) next.add(id);
        choose(next);
      },
      choose: (many: readonly RunId[]) => choose(new Set(many)),
      chooseAll: () => choose(ids, true),
      clear: () => choose(NONE),
    };
  }, [scope, ids, isAll]);
}

export type RunSelection = ReturnType<typeof useRunSelection>;
