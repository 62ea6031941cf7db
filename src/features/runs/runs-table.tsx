"use client";

import Link from "next/link";
import { memo, useRef } from "react";
import { Duration } from "@/components/display/duration";
import { RelativeTime } from "@/components/display/relative-time";
import { StatusChip } from "@/components/display/status-chip";
import { Badge } from "@/components/ui/badge";
import type { RunSummary } from "@/convex/validators/runs";
import { useShortcut } from "@/features/shell/shortcuts-provider";
import { cn } from "@/lib/cn";
import { startedByText } from "@/lib/started-by";
import { versionName } from "@/lib/version-name";
import type { RunSelection } from "./bulk/use-run-selection";
import type { ListedRun } from "./frozen-runs";
import { TestBadge } from "./test-badge";
import { describeKey } from "@/lib/step-keys";

const COLUMNS =
  "sm:grid sm:grid-cols-[1rem_9.5rem_minmax(0,1fr)_minmax(0,14rem)_8rem_6rem] sm:items-center sm:gap-x-4";

/** Runs as rows; on a phone as cards. Every row is a link. */
export function RunsTable({
  rows,
  workspaceSlug,
  selection,
}: {
  rows: readonly ListedRun[];
  workspaceSlug: string;
  /** Null for those who may not operate runs. */
  selection: RunSelection | null;
}) {
  const body = useRef<HTMLDivElement>(null);
  useRowKeys(body);
  return (
    <div role="table" aria-label="Runs" aria-rowcount={-1}>
      <div
        role="row"
        className={cn(
          "hidden h-8 border-b border-border bg-subtle px-6 text-xs font-semibold text-fg-muted",
          COLUMNS,
        )}
      >
        <span role="columnheader" className="flex">
          {selection === null ? null : (
            <ChooseShown rows={rows} selection={selection} />
          )}
        </span>
        <span role="columnheader">Status</span>
        <span role="columnheader">Run</span>
        <span role="columnheader">Trigger</span>
        <span role="columnheader">Started</span>
        <span role="columnheader" className="text-right">
          Duration
        </span>
      </div>
      <div role="rowgroup" ref={body}>
        {rows.map(({ run, stale }) => (
          <RunsTableRow
            key={run._id}
            run={run}
            stale={stale}
            href={`/${workspaceSlug}/runs/${run._id}`}
            chosen={
              selection !== null &&
              (selection.isAll || selection.ids.has(run._id))
            }
            onChoose={selection?.toggle ?? null}
          />
        ))}
      </div>
    </div>
  );
}

/** All that are shown, or none. */
function ChooseShown(props: {
  rows: readonly ListedRun[];
  selection: RunSelection;
}) {
  const { selection } = props;
  const ids = props.rows.map(({ run }) => run._id);
  const all = selection.isAll || ids.every((id) => selection.ids.has(id));
  return (
    <input
      type="checkbox"
      aria-label="Choose all runs shown"
      className="size-4 accent-primary"
      checked={all}
      ref={(box) => {
        if (box) box.indeterminate = !all && selection.ids.size > 0;
      }}
      onChange={() => (all ? selection.clear() : selection.choose(ids))}
    />
  );
}

/** `j` and `k` move between the links of the rows; Enter opens, as on any link. */
function useRowKeys(body: React.RefObject<HTMLElement | null>): void {
  const move = (by: 1 | -1) => {
    const links = [
      ...(body.current?.querySelectorAll<HTMLAnchorElement>("a[data-run]") ??
        []),
    ];
    const at = links.findIndex((link) => link === document.activeElement);
    const next = links[at === -1 ? 0 : at + by];
    next?.focus();
    next?.scrollIntoView({ block: "nearest" });
  };
  useShortcut("next-run", () => move(1));
  useShortcut("previous-run", () => move(-1));
}

const RunsTableRow = memo(function RunsTableRow({
  run,
  stale,
  href,
  chosen,
  onChoose,
}: {
  run: RunSummary;
  stale: boolean;
  href: string;
  chosen: boolean;
  onChoose: RunSelection["toggle"] | null;
}) {
  const failed = run.state.kind === "failed";
  return (
    <div
      role="row"
      className={cn(
        "relative grid grid-cols-[minmax(0,1fr)_auto] gap-x-3 gap-y-1 border-b border-border px-4 py-2 hover:bg-subtle has-[a:focus-visible]:bg-selected sm:px-6",
        failed ? "sm:h-14" : "sm:h-10",
        "sm:gap-y-0 sm:py-0",
        COLUMNS,
        stale && "opacity-60",
        chosen && "bg-selected",
      )}
    >
      <span role="cell" className="relative z-1 flex max-sm:hidden">
        {onChoose === null ? null : (
          <input
            type="checkbox"
            aria-label={`Choose run #${run.number} of ${run.workflowName}`}
            className="size-4 accent-primary"
            checked={chosen}
            onChange={() => onChoose(run._id)}
          />
        )}
      </span>
      <span
        role="cell"
        className="flex items-center gap-2 max-sm:order-2 max-sm:self-start"
      >
        <StatusChip state={run.state} />
        {stale ? <Badge>no longer matches</Badge> : null}
      </span>
      <span role="rowheader" className="min-w-0 max-sm:order-1">
        <Link
          href={href}
          data-run=""
          prefetch={false}
          className="flex min-w-0 items-baseline gap-2 after:absolute after:inset-0 focus-visible:outline-none focus-visible:after:outline-2 focus-visible:after:-outline-offset-2 focus-visible:after:outline-focus"
        >
          <span className="shrink-0 font-mono text-xs text-fg-muted">
            #{run.number}
          </span>
          <span className="truncate font-medium">{run.workflowName}</span>
          <span className="shrink-0 text-fg-muted">
            {versionName(run.versionNumber)}
          </span>
          {run.isTest ? <TestBadge onlyStep={run.onlyStep} /> : null}
        </Link>
        <ErrorLine run={run} />
      </span>
      <span
        role="cell"
        className="truncate text-fg-muted max-sm:order-3 max-sm:col-span-2"
      >
        {startedByText(run.startedBy)}
      </span>
      <span role="cell" className="text-fg-muted max-sm:order-4">
        <RelativeTime at={run.startedAt ?? run.createdAt} />
      </span>
      <span role="cell" className="text-right max-sm:order-5">
        <Duration of={run} />
      </span>
    </div>
  );
});

function ErrorLine({ run }: { run: RunSummary }) {
  if (run.state.kind !== "failed") return null;
  const { name, message, stepKey } = run.state.error;
  return (
    <span className="block truncate text-xs text-failed-text">
      {stepKey === null ? null : (
        <span className="text-fg-muted">In {describeKey(stepKey)}: </span>
      )}
      {name}: {message}
    </span>
  );
}
