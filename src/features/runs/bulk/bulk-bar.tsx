"use client";

import { X } from "lucide-react";
import { useState } from "react";
import { Button } from "@/components/ui/button";
import type { BulkAction } from "@/convex/validators/bulkJobs";
import type { RunFilter } from "@/convex/validators/runs";
import { formatPlural } from "@/lib/format";
import { BulkDialog } from "./bulk-dialog";
import type { RunSelection } from "./use-run-selection";

/** Stands where the filters stand while runs are chosen. */
export function BulkBar(props: {
  selection: RunSelection;
  /** null: the list is filtered by something that bulk jobs do not know. */
  filter: RunFilter | null;
}) {
  const { selection, filter } = props;
  const [asked, setAsked] = useState<BulkAction["kind"] | null>(null);
  return (
    <div
      role="toolbar"
      aria-label="Chosen runs"
      className="flex min-h-12.5 flex-wrap items-center gap-2 border-b border-border bg-selected px-4 py-2 sm:px-6"
    >
      <span role="status" className="font-medium">
        {selection.isAll
          ? "All runs that match"
          : `${formatPlural(selection.ids.size, "run")} chosen`}
      </span>
      {selection.isAll || filter === null ? null : (
        <Button variant="ghost" onClick={selection.chooseAll}>
          Choose all that match
        </Button>
      )}
      <span className="flex-1" />
      <Button onClick={() => setAsked("cancel")}>Cancel runs…</Button>
      <Button onClick={() => setAsked("replay")}>Replay…</Button>
      <Button variant="ghost" onClick={selection.clear}>
        <X aria-hidden />
        Clear
      </Button>
      {asked === null ? null : (
        <BulkDialog
          kind={asked}
          target={
            selection.isAll && filter !== null
              ? { kind: "filter", filter }
              : { kind: "runs", runIds: [...selection.ids] }
          }
          onClose={() => setAsked(null)}
          onStarted={selection.clear}
        />
      )}
    </div>
  );
}
