"use client";

import { useQuery } from "convex/react";
import { useState } from "react";
import { Button } from "@/components/ui/button";
import {
  Dialog,
  DialogContent,
  DialogHeader,
  DialogTitle,
} from "@/components/ui/dialog";
import { Skeleton } from "@/components/ui/skeleton";
import { api } from "@/convex/_generated/api";
import type { Id } from "@/convex/_generated/dataModel";
import { formatDateTime, formatPlural } from "@/lib/format";
import { canEdit } from "@/lib/roles";
import { useWorkflow } from "../workflow-context";
import { LazySourceDiff } from "./lazy-source-diff";
import { useBringBack } from "./restore-dialog";

/** Drafts that a restore replaced; nothing is shown when there are none. */
export function KeptDrafts() {
  const { workflow } = useWorkflow();
  const kept = useQuery(api.drafts.listKept, { workflowId: workflow._id });
  const [shown, setShown] = useState<Id<"keptDrafts"> | null>(null);
  const bringBack = useBringBack();
  if (kept === undefined || kept.length === 0) return null;
  return (
    <section className="border-t border-border py-3">
      <h2 className="px-4 font-semibold sm:px-6">Earlier drafts</h2>
      <ul className="divide-y divide-border">
        {kept.map(({ _id, keptAt, replacedBy, by, lines }) => (
          <li
            key={_id}
            className="flex flex-wrap items-center gap-x-3 gap-y-1 px-4 py-2 sm:px-6"
          >
            <span>Replaced by {replacedBy}</span>
            <span className="text-xs text-fg-muted">
              {by} · {formatDateTime(keptAt)} · {formatPlural(lines, "line")}
            </span>
            <span className="ml-auto flex gap-2">
              <Button size="sm" onClick={() => setShown(_id)}>
                Compare with the draft
              </Button>
              <Button
                size="sm"
                disabled={!canEdit(workflow.role)}
                onClick={() => bringBack(_id)}
              >
                Bring back
              </Button>
            </span>
          </li>
        ))}
      </ul>
      {shown === null ? null : (
        <KeptDraftDialog keptDraftId={shown} onClose={() => setShown(null)} />
      )}
    </section>
  );
}

function KeptDraftDialog(props: {
  keptDraftId: Id<"keptDrafts">;
  onClose: () => void;
}) {
  const { workflow } = useWorkflow();
  const kept = useQuery(api.drafts.getKept, { keptDraftId: props.keptDraftId });
  return (
    <Dialog open onOpenChange={props.onClose}>
      <DialogContent
        aria-describedby={undefined}
        className="h-[80dvh] max-w-6xl"
      >
        <DialogHeader>
          <DialogTitle>Earlier draft and the draft now</DialogTitle>
        </DialogHeader>
        <div className="min-h-0 flex-1">
          {kept === undefined ? <Skeleton className="size-full" /> : null}
          {kept === null ? <p>It has been brought back.</p> : null}
          {kept ? (
            <LazySourceDiff
              before={kept.source}
              after={workflow.draftSource}
              label="Earlier draft and the draft now"
              reveal={null}
            />
          ) : null}
        </div>
      </DialogContent>
    </Dialog>
  );
}
