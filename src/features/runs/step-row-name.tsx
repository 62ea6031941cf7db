"use client";

import type { ReactNode } from "react";
import { StatusIcon } from "@/components/display/status-icon";
import { Badge } from "@/components/ui/badge";
import type { StepRow } from "@/convex/validators/steps";
import { cn } from "@/lib/cn";
import { formatCount, formatPlural } from "@/lib/format";
import { STATUS, statusOf, type StatusKey } from "@/lib/run-status";
import { iterationIndex } from "@/lib/step-keys";
import { IterationStrip } from "./iteration-strip";
import type { TreeRow } from "./step-tree";
import type { RowActions, VisibleRow } from "./visible-row";

export function RowName({
  row,
  actions,
}: {
  row: VisibleRow;
  actions: RowActions;
}) {
  switch (row.type) {
    case "run":
      return (
        <Name status={statusOf(row.run.state)} text="Run">
          <RowBadge>{row.run.startedBy.kind}</RowBadge>
        </Name>
      );
    case "step":
      return <StepName row={row.row} />;
    case "ghost":
      return <Name status="pending" text={row.node.label} muted />;
    case "range":
      return (
        <Name status={row.status} text={rangeText(row.first, row.last)}>
          <RowBadge>
            {formatCount(row.rows.length)}{" "}
            {STATUS[row.status].label.toLowerCase()}
          </RowBadge>
        </Name>
      );
    case "unstarted":
      return (
        <Name status="pending" text={rangeText(row.first, row.last)} muted>
          <RowBadge>
            {formatCount(row.last - row.first + 1)} not started
          </RowBadge>
        </Name>
      );
    case "strip":
      return (
        <IterationStrip
          loop={row.row}
          iterations={row.iterations}
          onOpen={(index) => actions.openIteration(row.row.key, index)}
        />
      );
    case "more":
      return <span className="truncate text-fg-subtle">{moreText(row)}</span>;
  }
}

function Name(props: {
  status: StatusKey;
  text: string;
  muted?: boolean;
  children?: ReactNode;
}) {
  return (
    <>
      <StatusIcon status={props.status} />
      <span
        title={props.text}
        className={cn("truncate", props.muted && "text-fg-muted")}
      >
        {props.text}
      </span>
      {props.children}
    </>
  );
}

function RowBadge({ children }: { children: ReactNode }) {
  return <Badge className="h-5 shrink-0 px-1.5">{children}</Badge>;
}

/** What a status icon does not tell of a step. */
const KIND_BADGES: Partial<Record<StepRow["kind"], string>> = {
  parallel: "parallel",
  run: "run",
  stop: "ends the run",
};

function StepName({ row }: { row: StepRow }) {
  return (
    <Name status={statusOf(row.state)} text={nameOf(row)}>
      {row.loop === null ? null : <RowBadge>{loopText(row.loop)}</RowBadge>}
      {row.branch === null ? null : <RowBadge>{row.branch}</RowBadge>}
      {KIND_BADGES[row.kind] === undefined ? null : (
        <RowBadge>{KIND_BADGES[row.kind]}</RowBadge>
      )}
      {row.reusedFrom === undefined ? null : <RowBadge>reused</RowBadge>}
      {row.pinned ? <RowBadge>pinned</RowBadge> : null}
      {row.attempt > 1 ? (
        <RowBadge>{formatPlural(row.attempt, "attempt")}</RowBadge>
      ) : null}
    </Name>
  );
}

/** Iterations carry their number, and their key when they have one. */
export function nameOf(row: StepRow): string {
  if (row.kind !== "iteration") return row.label;
  const number = `#${formatCount((iterationIndex(row.key) ?? 0) + 1)}`;
  const isPlain = /^(#?\d+|.*\[\d+\])$/.test(row.label);
  return isPlain ? number : `${number}  ${row.label}`;
}

function loopText(loop: NonNullable<StepRow["loop"]>): string {
  const done = formatCount(loop.completed + loop.failed);
  const of = loop.total === null ? "" : ` of ${formatCount(loop.total)}`;
  const failed = loop.failed > 0 ? `, ${formatCount(loop.failed)} failed` : "";
  return `${done}${of}${failed}`;
}

function rangeText(first: number, last: number): string {
  return `#${formatCount(first + 1)} to #${formatCount(last + 1)}`;
}

function moreText(row: Extract<TreeRow, { type: "more" }>): string {
  if (row.total === null || row.loaded >= row.total) return "Loading steps…";
  return `Loading ${formatCount(row.total - row.loaded)} more…`;
}
