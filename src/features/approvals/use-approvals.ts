import { usePaginatedQuery } from "convex/react";
import type { FunctionReturnType } from "convex/server";
import { api } from "@/convex/_generated/api";
import type { Id } from "@/convex/_generated/dataModel";

export type ApprovalSummary = FunctionReturnType<
  typeof api.approvals.list
>["page"][number];

export const APPROVAL_VIEWS = ["mine", "open", "over"] as const;
export type ApprovalView = (typeof APPROVAL_VIEWS)[number];

const PAGE = 50;

/** The approvals of a view: open ones with a time limit before those without, each loaded as far as asked. */
export function useApprovals(
  organizationId: Id<"organizations">,
  view: ApprovalView,
) {
  const mine = view === "mine";
  const isOver = view === "over";
  const size = { initialNumItems: PAGE };
  const first = usePaginatedQuery(
    api.approvals.list,
    { organizationId, mine, view: isOver ? "over" : "due" },
    size,
  );
  const second = usePaginatedQuery(
    api.approvals.list,
    isOver || first.status !== "Exhausted"
      ? "skip"
      : { organizationId, mine, view: "undated" },
    size,
  );
  const last = isOver || first.status !== "Exhausted" ? first : second;
  return {
    approvals: isOver ? first.results : [...first.results, ...second.results],
    isLoading: last.status === "LoadingFirstPage",
    loadMore: last.status === "CanLoadMore" ? () => last.loadMore(PAGE) : null,
  };
}
