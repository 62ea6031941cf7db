import {
  parseAsBoolean,
  parseAsInteger,
  parseAsString,
  parseAsStringLiteral,
  useQueryStates,
} from "nuqs";
import { useCallback } from "react";

export const INSPECTOR_TABS = [
  "error",
  "input",
  "output",
  "logs",
  "details",
] as const;
export type InspectorTab = (typeof INSPECTOR_TABS)[number];

export const STEP_FILTERS = ["all", "failed", "active", "unstarted"] as const;
export type StepFilter = (typeof STEP_FILTERS)[number];

export const RUN_VIEWS = ["timeline", "events"] as const;
export type RunViewName = (typeof RUN_VIEWS)[number];

const PARAMS = {
  view: parseAsStringLiteral(RUN_VIEWS).withDefault("timeline"),
  step: parseAsString,
  at: parseAsInteger,
  tab: parseAsStringLiteral(INSPECTOR_TABS),
  f: parseAsStringLiteral(STEP_FILTERS).withDefault("all"),
  q: parseAsString.withDefault(""),
  idle: parseAsBoolean.withDefault(false),
};

/** What of the run page is in its address: view, selection, attempt, tab, filters, idle time shown. */
export function useRunUrl() {
  const [url, setState] = useQueryStates(PARAMS, { history: "replace" });
  const setUrl = useCallback(
    (
      change: { [Name in keyof typeof url]?: (typeof url)[Name] | null },
      options: { history?: "push" | "replace" } = {},
    ) => void setState(change, options),
    [setState],
  );
  return { url, setUrl };
}

export type RunUrl = ReturnType<typeof useRunUrl>;
