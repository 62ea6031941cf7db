"use client";

import { usePaginatedQuery } from "convex/react";
import { useMemo, useState } from "react";
import { Skeleton } from "@/components/ui/skeleton";
import { api } from "@/convex/_generated/api";
import { formatPlural } from "@/lib/format";
import { useRunScope } from "../run-context";
import { type EventFilter, filterEvents } from "./event-line";
import { EventTable } from "./event-table";
import { EventsToolbar } from "./events-toolbar";

/** Chunks a page: each has what happened in one transaction. */
const PAGE = 100;

/** Everything that happened to the run, as it was logged; live. */
export function EventsView() {
  const { run } = useRunScope();
  const { results, status, loadMore } = usePaginatedQuery(
    api.runEvents.list,
    { runId: run._id },
    { initialNumItems: PAGE },
  );
  const [filter, setFilter] = useState<EventFilter>({ group: null, text: "" });
  const shown = useMemo(() => filterEvents(results, filter), [results, filter]);
  const hasMore = status === "CanLoadMore" || status === "LoadingMore";
  return (
    <>
      <EventsToolbar
        filter={filter}
        onFilter={setFilter}
        events={results}
        fileName={`${run.workflowSlug}-${run.number}-events.json`}
      />
      {status === "LoadingFirstPage" ? (
        <div className="flex-1 p-4" aria-busy>
          <span className="sr-only">Loading the events</span>
          <Skeleton className="h-40" />
        </div>
      ) : (
        <EventTable
          events={shown}
          onNearEnd={() => (status === "CanLoadMore" ? loadMore(PAGE) : null)}
        />
      )}
      <footer
        role="status"
        className="shrink-0 border-t border-border px-3 py-1.5 text-xs text-fg-muted tabular-nums"
      >
        {shown.length === results.length
          ? formatPlural(results.length, "event")
          : `${formatPlural(shown.length, "event")} of ${results.length}`}
        {hasMore ? ", scroll for more" : null}
      </footer>
    </>
  );
}
