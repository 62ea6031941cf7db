"use client";

import { useQuery } from "convex/react";
import { ArrowLeft } from "lucide-react";
import { useState } from "react";
import { NotFound } from "@/components/not-found";
import { PageSkeleton } from "@/components/page-skeleton";
import { Button } from "@/components/ui/button";
import { api } from "@/convex/_generated/api";
import { useVersionId } from "../use-version-id";
import { useWorkflow } from "../workflow-context";
import { ChangeList } from "./change-list";
import type { Comparison, StepChange } from "./change-words";
import { type Side, sideName } from "./compared";
import { LazySourceDiff } from "./lazy-source-diff";
import type { SourceDiffProps } from "./source-diff";

/** Two versions, or one and the draft: what differs in words, and the code side by side. Live while the draft changes. */
export function CompareView(props: {
  pair: { from: number; to: Side };
  onClose: () => void;
}) {
  const { from, to } = props.pair;
  const comparison = useComparison(from, to);
  if (comparison === null) return <NotFound />;
  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <div className="flex shrink-0 items-center gap-2 border-b border-border px-4 py-2 sm:px-6">
        <Button variant="ghost" size="sm" onClick={props.onClose}>
          <ArrowLeft aria-hidden />
          All versions
        </Button>
        <h2 className="font-semibold">
          From {sideName(from)} to {sideName(to)}
        </h2>
      </div>
      {comparison === undefined ? (
        <PageSkeleton label="Comparing" />
      ) : (
        <Compared
          comparison={comparison}
          label={`${sideName(from)} and ${sideName(to)}`}
        />
      )}
    </div>
  );
}

function Compared(props: { comparison: Comparison; label: string }) {
  const { comparison, label } = props;
  const [reveal, setReveal] = useState<SourceDiffProps["reveal"]>(null);
  const open = ({ lines }: StepChange) => {
    if (lines.after !== null) setReveal({ side: "after", line: lines.after });
    else if (lines.before !== null)
      setReveal({ side: "before", line: lines.before });
  };
  const same = comparison.from.source === comparison.to.source;
  return (
    <div className="flex min-h-0 flex-1 max-lg:flex-col max-lg:overflow-y-auto">
      <div
        aria-label="Changes"
        role="region"
        className="shrink-0 border-border lg:w-80 lg:overflow-y-auto lg:border-r"
      >
        <ChangeList comparison={comparison} onOpen={open} />
      </div>
      <div className="min-h-0 flex-1 max-lg:min-h-[70dvh]">
        {same ? (
          <p className="p-4 text-fg-muted">The code is the same.</p>
        ) : (
          <LazySourceDiff
            before={comparison.from.source}
            after={comparison.to.source}
            label={label}
            reveal={reveal}
          />
        )}
      </div>
    </div>
  );
}

/** undefined while it loads, null when a version does not exist. */
function useComparison(from: number, to: Side): Comparison | null | undefined {
  const { workflow } = useWorkflow();
  const fromId = useVersionId(workflow, from);
  const otherId = useVersionId(workflow, to === "draft" ? from : to);
  const toId = to === "draft" ? to : otherId;
  const isFound = Boolean(fromId) && Boolean(toId);
  const comparison = useQuery(
    api.workflowVersions.compare,
    isFound && fromId && toId ? { from: fromId, to: toId } : "skip",
  );
  return fromId === null || toId === null ? null : comparison;
}
