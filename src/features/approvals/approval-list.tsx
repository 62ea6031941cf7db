"use client";

import { useRef } from "react";
import { Countdown } from "@/components/display/countdown";
import { RelativeTime } from "@/components/display/relative-time";
import { StatusIcon } from "@/components/display/status-icon";
import { describeKey } from "@/lib/step-keys";
import { useShortcut } from "@/features/shell/shortcuts-provider";
import { cn } from "@/lib/cn";
import type { ApprovalSummary } from "./use-approvals";

const STATUS = {
  approved: "completed",
  rejected: "failed",
  timeout: "failed",
  cancelled: "cancelled",
} as const;

/** Approvals as rows; `j` and `k` move the selection. */
export function ApprovalList(props: {
  approvals: readonly ApprovalSummary[];
  selected: string | null;
  onSelect: (approval: ApprovalSummary) => void;
}) {
  const list = useRef<HTMLUListElement>(null);
  const move = (by: 1 | -1) => {
    const at = props.approvals.findIndex(({ _id }) => _id === props.selected);
    const next = props.approvals[at === -1 ? 0 : at + by];
    if (next === undefined) return;
    props.onSelect(next);
    focusRow(list.current, next._id);
  };
  useShortcut("next-approval", () => move(1));
  useShortcut("previous-approval", () => move(-1));
  return (
    <ul ref={list} aria-label="Approvals">
      {props.approvals.map((approval) => (
        <li key={approval._id}>
          <ApprovalRow
            approval={approval}
            isSelected={approval._id === props.selected}
            onSelect={props.onSelect}
          />
        </li>
      ))}
    </ul>
  );
}

export function focusRow(within: HTMLElement | null, id: string): void {
  const row = within?.querySelector<HTMLElement>(`[data-approval="${id}"]`);
  row?.focus();
  row?.scrollIntoView({ block: "nearest" });
}

function ApprovalRow(props: {
  approval: ApprovalSummary;
  isSelected: boolean;
  onSelect: (approval: ApprovalSummary) => void;
}) {
  const { approval } = props;
  const { outcome, title, workflowName, runNumber, stepKey } = approval;
  return (
    <button
      type="button"
      data-approval={approval._id}
      aria-current={props.isSelected ? "true" : undefined}
      onClick={() => props.onSelect(approval)}
      className={cn(
        "flex w-full items-start gap-3 border-b border-border px-4 py-2.5 text-left hover:bg-subtle sm:px-6",
        props.isSelected && "bg-selected hover:bg-selected",
      )}
    >
      <StatusIcon
        status={outcome === null ? "deciding" : STATUS[outcome]}
        className="mt-0.5"
      />
      <span className="min-w-0 flex-1">
        <span className="block truncate font-medium">{title}</span>
        <span className="block truncate text-xs text-fg-muted">
          {workflowName} #{runNumber} · {describeKey(stepKey)}
        </span>
      </span>
      <span className="shrink-0 text-right text-xs text-fg-muted">
        <When approval={approval} />
      </span>
    </button>
  );
}

function When({ approval }: { approval: ApprovalSummary }) {
  const { decidedAt, until, askedAt, approvals, quorum } = approval;
  if (decidedAt !== null) return <RelativeTime at={decidedAt} />;
  return (
    <>
      <span className="block">
        {until === null ? (
          <RelativeTime at={askedAt} />
        ) : (
          <Countdown until={until} form="left" />
        )}
      </span>
      {quorum > 1 ? `${approvals} of ${quorum}` : null}
    </>
  );
}
