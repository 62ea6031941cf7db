import { usePaginatedQuery } from "convex/react";
import { useEffect } from "react";
import { api } from "@/convex/_generated/api";
import type { Id } from "@/convex/_generated/dataModel";
import type { WorkflowDetails } from "./workflow-context";

const PAGE_SIZE = 100;

/** undefined while it is looked up, null when there is no such version. */
export function useVersionId(
  { _id: workflowId, publishedVersion }: WorkflowDetails,
  number: number,
): Id<"workflowVersions"> | null | undefined {
  const isCurrent = publishedVersion?.number === number;
  const { results, status, loadMore } = usePaginatedQuery(
    api.workflowVersions.list,
    isCurrent ? "skip" : { workflowId },
    { initialNumItems: PAGE_SIZE },
  );
  const found = results.find((version) => version.number === number);
  const mustLoadMore = !found && status === "CanLoadMore";
  useEffect(() => {
    if (mustLoadMore) loadMore(PAGE_SIZE);
  }, [mustLoadMore, loadMore]);
  if (isCurrent) return publishedVersion._id;
  if (found) return found._id;
  return status === "Exhausted" ? null : undefined;
}
