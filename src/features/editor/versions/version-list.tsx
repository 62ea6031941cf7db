"use client";

import { usePaginatedQuery, useQuery } from "convex/react";
import { GitCompare } from "lucide-react";
import { useState } from "react";
import { PageSkeleton } from "@/components/page-skeleton";
import { Button } from "@/components/ui/button";
import { EmptyState } from "@/components/ui/empty-state";
import { api } from "@/convex/_generated/api";
import { useShortcut } from "@/features/shell/shortcuts-provider";
import { canEdit } from "@/lib/roles";
import { useWorkflow } from "../workflow-context";
import { type Side, sideName } from "./compared";
import { DraftRow } from "./draft-row";
import { KeptDrafts } from "./kept-drafts";
import { VersionRow } from "./version-row";

const PAGE_SIZE = 50;

type Compare = (one: Side, other: Side) => void;

/** The draft, every version with what it does, and the drafts that were replaced. */
export function VersionList({ onCompare }: { onCompare: Compare }) {
  const { workflow } = useWorkflow();
  const workflowId = workflow._id;
  const { results, status, loadMore } = usePaginatedQuery(
    api.workflowVersions.list,
    { workflowId },
    { initialNumItems: PAGE_SIZE },
  );
  const activity = useQuery(api.workflowVersions.activity, { workflowId });
  const { chosen, toggle } = useChosen();
  useShortcut("compare-versions", () => {
    if (chosen[0] !== undefined && chosen[1] !== undefined)
      onCompare(chosen[0], chosen[1]);
  });
  if (status === "LoadingFirstPage")
    return <PageSkeleton label="Loading versions" />;
  if (results.length === 0) return <NoVersions />;
  return (
    <div className="min-h-0 flex-1 overflow-y-auto">
      <CompareBar chosen={chosen} onCompare={onCompare} />
      <ul aria-label="Versions" className="divide-y divide-border">
        <DraftRow
          chosen={chosen.includes("draft")}
          onChoose={() => toggle("draft")}
        />
        {results.map((version, index) => (
          <VersionRow
            key={version._id}
            version={version}
            previous={results[index + 1]?.number ?? null}
            activity={activity ?? null}
            chosen={chosen.includes(version.number)}
            onChoose={() => toggle(version.number)}
            onCompare={onCompare}
          />
        ))}
      </ul>
      {status === "CanLoadMore" ? (
        <div className="p-4 text-center">
          <Button onClick={() => loadMore(PAGE_SIZE)}>Load older</Button>
        </div>
      ) : null}
      <KeptDrafts />
    </div>
  );
}

/** The last two that were chosen. */
function useChosen() {
  const [chosen, setChosen] = useState<Side[]>([]);
  const toggle = (side: Side) =>
    setChosen((was) =>
      was.includes(side)
        ? was.filter((one) => one !== side)
        : [...was, side].slice(-2),
    );
  return { chosen, toggle };
}

function CompareBar(props: { chosen: readonly Side[]; onCompare: Compare }) {
  const [one, other] = props.chosen;
  const isReady = one !== undefined && other !== undefined;
  return (
    <div className="sticky top-0 z-10 flex items-center gap-3 border-b border-border bg-canvas px-4 py-2 sm:px-6">
      <Button
        size="sm"
        disabled={!isReady}
        onClick={() => (isReady ? props.onCompare(one, other) : undefined)}
      >
        <GitCompare aria-hidden />
        Compare
      </Button>
      <span role="status" className="text-xs text-fg-muted">
        {isReady
          ? `${sideName(one)} and ${sideName(other)}`
          : one === undefined
            ? "Choose two to compare."
            : `${sideName(one)} and …`}
      </span>
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
