"use client";

import { usePaginatedQuery, useQuery } from "convex/react";
import Link from "next/link";
import { useEffect, useMemo } from "react";
import { NotFound } from "@/components/not-found";
import { Skeleton } from "@/components/ui/skeleton";
import { api } from "@/convex/_generated/api";
import type { Id } from "@/convex/_generated/dataModel";
import { useWorkspace } from "@/features/shell/workspace";
import { LazyCodeEditor } from "./lazy-code-editor";
import type { WorkflowDetails } from "./workflow-context";

const PAGE_SIZE = 100;

/** One published version, read-only. */
export function VersionView(props: {
  workflow: WorkflowDetails;
  number: number;
  line: number | null;
}) {
  const { workflow, number, line } = props;
  const versionId = useVersionId(workflow, number);
  const version = useQuery(
    api.workflowVersions.get,
    versionId ? { versionId } : "skip",
  );
  const reveal = useMemo(
    () => (line === null ? null : { line, column: 1 }),
    [line],
  );
  if (versionId === null || version === null) return <NotFound />;
  return (
    <>
      <VersionBanner workflow={workflow} number={number} />
      <div className="min-h-0 flex-1">
        {version === undefined ? (
          <Skeleton className="size-full rounded-none" />
        ) : (
          <LazyCodeEditor
            path={`file:///versions/${version._id}.ts`}
            label={`Code of version ${number}, read-only`}
            value={version.source}
            readOnly
            reveal={reveal}
            highlightLine={line}
          />
        )}
      </div>
    </>
  );
}

function VersionBanner({
  workflow,
  number,
}: {
  workflow: WorkflowDetails;
  number: number;
}) {
  const { slug } = useWorkspace();
  const current = workflow.publishedVersion?.number;
  return (
    <p className="bg-running-tint px-4 py-1.5 text-running-text sm:px-6">
      You are viewing version {number}, read-only.
      {current === number
        ? " It is the current one. "
        : ` Current is ${current ?? "none"}. `}
      <Link
        className="underline"
        href={`/${slug}/workflows/${workflow.slug}/code`}
      >
        Go to the draft
      </Link>
    </p>
  );
}

/** undefined while it is looked up, null when there is no such version. */
function useVersionId(
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
