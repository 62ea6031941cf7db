"use client";

import { usePaginatedQuery } from "convex/react";
import { Plus } from "lucide-react";
import Link from "next/link";
import { PageHeader } from "@/components/page-header";
import { PageSkeleton } from "@/components/page-skeleton";
import { Button } from "@/components/ui/button";
import { EmptyState } from "@/components/ui/empty-state";
import { api } from "@/convex/_generated/api";
import { useWorkspace } from "@/features/shell/workspace";
import { canEdit } from "@/lib/roles";
import { TemplateList } from "./template-list";
import { WorkflowsTable } from "./workflows-table";

const PAGE_SIZE = 50;

export function WorkflowsPage() {
  const { organizationId, slug, role } = useWorkspace();
  const { results, status, loadMore } = usePaginatedQuery(
    api.workflows.list,
    { organizationId },
    { initialNumItems: PAGE_SIZE },
  );
  if (status === "LoadingFirstPage")
    return <PageSkeleton label="Loading workflows" />;
  return (
    <>
      <PageHeader
        title="Workflows"
        actions={canEdit(role) ? <NewWorkflowLink slug={slug} /> : null}
      />
      {results.length === 0 ? (
        <NoWorkflows mayCreate={canEdit(role)} />
      ) : (
        <WorkflowsTable workflows={results} />
      )}
      {status === "CanLoadMore" || status === "LoadingMore" ? (
        <div className="p-4 text-center">
          <Button
            disabled={status === "LoadingMore"}
            onClick={() => loadMore(PAGE_SIZE)}
          >
            {status === "LoadingMore" ? "Loading more workflows…" : "Load more"}
          </Button>
        </div>
      ) : null}
    </>
  );
}

function NewWorkflowLink({ slug }: { slug: string }) {
  return (
    <Button asChild variant="primary">
      <Link href={`/${slug}/workflows/new`}>
        <Plus aria-hidden />
        New workflow
      </Link>
    </Button>
  );
}

function NoWorkflows({ mayCreate }: { mayCreate: boolean }) {
  return (
    <>
      <EmptyState title="No workflows yet">
        A workflow is a TypeScript module: steps that call services, branch,
        loop and wait. Every run of it is shown live, step by step.
        {mayCreate
          ? " Start from one of these."
          : " Ask an editor to create one."}
      </EmptyState>
      {mayCreate ? <TemplateList /> : null}
    </>
  );
}
