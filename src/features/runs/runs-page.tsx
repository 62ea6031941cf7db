"use client";

import { usePaginatedQuery } from "convex/react";
import Link from "next/link";
import { PageHeader } from "@/components/page-header";
import { Button } from "@/components/ui/button";
import { EmptyState } from "@/components/ui/empty-state";
import { Skeleton } from "@/components/ui/skeleton";
import { api } from "@/convex/_generated/api";
import type { Id } from "@/convex/_generated/dataModel";
import { useShortcut } from "@/features/shell/shortcuts-provider";
import { useWorkspace } from "@/features/shell/workspace";
import { formatPlural } from "@/lib/format";
import { canRun } from "@/lib/roles";
import { BulkBar } from "./bulk/bulk-bar";
import { BulkProgress } from "./bulk/bulk-progress";
import { type RunSelection, useRunSelection } from "./bulk/use-run-selection";
import { RunsTable } from "./runs-table";
import { RunsToolbar } from "./runs-toolbar";
import { useFrozenRuns } from "./use-frozen-runs";
import { useRunFilters, type RunFilters } from "./use-run-filters";

const PAGE = 50;
const WORKFLOWS_TO_CHOOSE = 200;

type RunsPageProps = {
  organizationId: Id<"organizations">;
  workspaceSlug: string;
};

/** All runs of the organization, newest first, live. */
export function RunsPage(props: RunsPageProps) {
  const filters = useRunFilters();
  const workflows = usePaginatedQuery(
    api.workflows.list,
    { organizationId: props.organizationId },
    { initialNumItems: WORKFLOWS_TO_CHOOSE },
  );
  const { wf, status, tests } = filters.filters;
  const selection = useRunSelection(`${status} ${tests} ${wf}`);
  const workflow = workflows.results.find(({ slug }) => slug === wf);
  const resolving = wf !== null && workflows.status === "LoadingFirstPage";
  return (
    <>
      <PageHeader title="Runs" />
      {selection.isEmpty ? (
        <RunsToolbar filters={filters} workflows={workflows.results} />
      ) : (
        <BulkBar
          selection={selection}
          filter={
            tests === null
              ? {
                  ...(workflow === undefined
                    ? {}
                    : { workflowId: workflow._id }),
                  ...(status === null ? {} : { statuses: [status] }),
                }
              : null
          }
        />
      )}
      <BulkProgress />
      {resolving ? (
        <RunsSkeleton />
      ) : wf !== null && workflow === undefined ? (
        <NoMatch filters={filters} />
      ) : (
        <RunsList
          {...props}
          filters={filters}
          workflowId={workflow?._id ?? null}
          selection={selection}
        />
      )}
    </>
  );
}

function RunsList(
  props: RunsPageProps & {
    filters: RunFilters;
    workflowId: Id<"workflows"> | null;
    selection: RunSelection;
  },
) {
  const { role } = useWorkspace();
  const { status, tests } = props.filters.filters;
  const runs = usePaginatedQuery(
    api.workflowRuns.list,
    {
      organizationId: props.organizationId,
      ...(props.workflowId === null ? {} : { workflowId: props.workflowId }),
      ...(status === null ? {} : { status }),
      ...(tests === null ? {} : { isTest: tests === "only" }),
    },
    { initialNumItems: PAGE },
  );
  const scope = `${status} ${tests} ${props.workflowId}`;
  const { region, view, showFresh } = useFrozenRuns(runs.results, scope);
  useShortcut("show-new-runs", showFresh);
  const filtered =
    status !== null || tests !== null || props.workflowId !== null;
  return (
    <>
      <FreshPill count={view.fresh} onClick={showFresh} />
      <div ref={region} aria-busy={runs.status === "LoadingFirstPage"}>
        {runs.status === "LoadingFirstPage" ? (
          <RunsSkeleton />
        ) : view.rows.length > 0 ? (
          <RunsTable
            rows={view.rows}
            workspaceSlug={props.workspaceSlug}
            selection={canRun(role) ? props.selection : null}
          />
        ) : filtered ? (
          <NoMatch filters={props.filters} />
        ) : (
          <NoRuns workspaceSlug={props.workspaceSlug} />
        )}
      </div>
      <LoadOlder
        status={runs.status}
        shown={view.rows.length}
        onLoad={() => runs.loadMore(PAGE)}
      />
    </>
  );
}

/** New runs wait here while somebody works in the list. */
function FreshPill(props: { count: number; onClick: () => void }) {
  return (
    <div
      role="status"
      className="pointer-events-none sticky top-2 z-10 flex h-0 justify-center"
    >
      {props.count > 0 ? (
        <Button
          variant="primary"
          size="sm"
          className="pointer-events-auto mt-2 rounded-pill shadow-popover"
          onClick={props.onClick}
        >
          ↑{" "}
          {props.count > 99
            ? "99+ new runs"
            : formatPlural(props.count, "new run")}
        </Button>
      ) : null}
    </div>
  );
}

function LoadOlder(props: {
  status: "LoadingFirstPage" | "CanLoadMore" | "LoadingMore" | "Exhausted";
  shown: number;
  onLoad: () => void;
}) {
  if (props.status === "LoadingFirstPage" || props.shown === 0) return null;
  return (
    <div className="flex items-center gap-3 px-4 py-3 text-fg-muted sm:px-6">
      <span>Showing {formatPlural(props.shown, "run")}</span>
      {props.status === "CanLoadMore" ? (
        <Button size="sm" onClick={props.onLoad}>
          Load older
        </Button>
      ) : null}
      {props.status === "LoadingMore" ? "Loading older runs…" : null}
    </div>
  );
}

function NoRuns({ workspaceSlug }: { workspaceSlug: string }) {
  return (
    <EmptyState
      title="No runs yet"
      actions={
        <Button variant="primary" asChild>
          <Link href={`/${workspaceSlug}/workflows`}>Go to workflows</Link>
        </Button>
      }
    >
      A run is one execution of a workflow. Run one by hand, or give it a
      schedule or a webhook, and it appears here as it happens.
    </EmptyState>
  );
}

function NoMatch({ filters }: { filters: RunFilters }) {
  return (
    <EmptyState
      title="No runs match these filters"
      actions={<Button onClick={filters.clear}>Clear all</Button>}
    />
  );
}

function RunsSkeleton() {
  return (
    <div aria-busy>
      <span className="sr-only">Loading runs</span>
      {Array.from({ length: 12 }, (_, index) => (
        <div
          key={index}
          className="flex h-10 items-center gap-4 border-b border-border px-4 sm:px-6"
        >
          <Skeleton className="h-5.5 w-28 rounded-pill" />
          <Skeleton className="h-4 flex-1" />
          <Skeleton className="h-4 w-24 max-sm:hidden" />
          <Skeleton className="h-4 w-16" />
        </div>
      ))}
    </div>
  );
}
