import { parseAsString, parseAsStringLiteral, useQueryStates } from "nuqs";
import { RUN_STATUSES } from "@/lib/run-status";

const PARAMS = {
  status: parseAsStringLiteral(RUN_STATUSES),
  /** Slug of a workflow. */
  wf: parseAsString,
  /** Without test runs, or nothing but them. */
  tests: parseAsStringLiteral(["none", "only"]),
};

/** The filters of the runs list, kept in the address. */
export function useRunFilters() {
  const [filters, setFilters] = useQueryStates(PARAMS, { history: "push" });
  const clear = () => void setFilters({ status: null, wf: null, tests: null });
  return { filters, setFilters, clear };
}

export type RunFilters = ReturnType<typeof useRunFilters>;
