"use client";

import { usePaginatedQuery } from "convex/react";
import Link from "next/link";
import { PageSkeleton } from "@/components/page-skeleton";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { EmptyState } from "@/components/ui/empty-state";
import { api } from "@/convex/_generated/api";
import { useWorkspace } from "@/features/shell/workspace";
import { formatDateTime } from "@/lib/format";
import { canEdit } from "@/lib/roles";
import { useWorkflow } from "./workflow-context";

const PAGE_SIZE = 50;

export function VersionsPage() {
  const { workflow } = useWorkflow();
  const { slug } = useWorkspace();
  const { results, status, loadMore } = usePaginatedQuery(
    api.workflowVersions.list,
    { workflowId: workflow._id },
    { initialNumItems: PAGE_SIZE },
  );
  if (status === "LoadingFirstPage")
    return <PageSkeleton label="Loading versions" />;
  if (results.length === 0) return <NoVersions />;
  return (
    <div className="overflow-y-auto">
      <ul className="divide-y divide-border">
        {results.map(({ _id, number, createdAt, authorName, note }) => (
          <li
            key={_id}
            className="relative flex flex-wrap items-center gap-x-3 gap-y-1 px-4 py-2.5 hover:bg-subtle sm:px-6"
          >
            <Link
              className="text-base font-medium after:absolute after:inset-0 hover:underline"
              href={`/${slug}/workflows/${workflow.slug}/code?v=${number}`}
            >
              Version {number}
            </Link>
            {workflow.publishedVersion?._id === _id ? (
              <Badge tone="succeeded">Current</Badge>
            ) : null}
            <span className="text-xs text-fg-muted">
              {authorName} ·{" "}
              <time dateTime={new Date(createdAt).toISOString()}>
                {formatDateTime(createdAt)}
              </time>
            </span>
            {note ? <p className="w-full text-fg-muted">{note}</p> : null}
          </li>
        ))}
      </ul>
      {status === "CanLoadMore" ? (
        <div className="p-4 text-center">
          <Button onClick={() => loadMore(PAGE_SIZE)}>Load older</Button>
        </div>
      ) : null}
    </div>
  );
}

function NoVersions() {
  const { workflow, openDialog } = useWorkflow();
  return (
    <EmptyState
      title="Nothing published yet"
      actions={
        canEdit(workflow.role) ? (
          <Button variant="primary" onClick={() => openDialog("publish")}>
            Publish…
          </Button>
        ) : null
      }
    >
      Publishing freezes the draft as a version. Runs are pinned to the version
      they start with.
    </EmptyState>
  );
}
