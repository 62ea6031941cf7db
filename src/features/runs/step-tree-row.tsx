"use client";

import { useQuery } from "convex/react";
import { ChevronDown, ChevronRight, RotateCcw } from "lucide-react";
import { memo, type ReactNode } from "react";
import { Duration } from "@/components/display/duration";
import { StatusIcon } from "@/components/display/status-icon";
import { Badge } from "@/components/ui/badge";
import { api } from "@/convex/_generated/api";
import type { StepRow } from "@/convex/validators/steps";
import { cn } from "@/lib/cn";
import {
  formatClock,
  formatCount,
  formatDuration,
  formatPlural,
} from "@/lib/format";
import { STATUS, statusOf, type StatusKey } from "@/lib/run-status";
import { hasSeveralPieces, segmentsOf, type BarSegment } from "./bar-segments";
import { IterationStrip } from "./iteration-strip";
import type { RUN_KEY } from "./opening-step";
import { type Run, useRunScope } from "./run-context";
import { StepBar } from "./step-bar";
import { BAR_CELL, TREE_COLUMNS } from "./tree-columns";
import { iterationIndex } from "@/lib/step-keys";
import { isSame } from "./step-store";
import type { TreeRow } from "./step-tree";
import type { Axis } from "./time-axis";

/** A row on screen: the run itself, or a row of the step tree. */
export type VisibleRow = TreeRow | RunRow;
export type RunRow = {
  type: "run";
  key: typeof RUN_KEY;
  run: Run;
  level: 1;
  position: 1;
  siblings: 1;
};

export type RowActions = {
  select: (key: string) => void;
  toggle: (key: string, expanded: boolean) => void;
  openIteration: (loopKey: string, index: number) => void;
  /** Null for those who may not. */
  replayFrom: ((key: string) => void) | null;
  isReplayable: (key: string) => boolean;
};

type RowProps = {
  row: VisibleRow;
  index: number;
  top: number;
  selected: boolean;
  tabStop: boolean;
  axis: Axis;
  actions: RowActions;
};

export const ROW_ID = "step-row";

export const StepTreeRow = memo(PlainRow, (before, after) => {
  const { row: was, ...rest } = before;
  const { row: is, ...others } = after;
  return sameRow(was, is) && shallowSame(rest, others);
});

function PlainRow(props: RowProps) {
  const { row, selected } = props;
  const expanded = expandedOf(row);
  return (
    <div
      id={`${ROW_ID}-${props.index}`}
      role="row"
      data-key={row.key}
      tabIndex={props.tabStop ? 0 : -1}
      aria-level={row.level}
      aria-posinset={row.position}
      aria-setsize={row.siblings}
      aria-rowindex={props.index + 2}
      aria-selected={selected}
      {...(expanded === null ? {} : { "aria-expanded": expanded })}
      onClick={() => (isSelectable(row) ? props.actions.select(row.key) : null)}
      onDoubleClick={() =>
        expanded === null ? null : props.actions.toggle(row.key, !expanded)
      }
      className={cn(
        "group absolute inset-x-0 grid h-8 cursor-default items-stretch border-b border-border -outline-offset-2 max-md:h-12",
        TREE_COLUMNS,
        selected
          ? "bg-selected shadow-[inset_3px_0_0_var(--primary)]"
          : "hover:bg-subtle",
      )}
      style={{ transform: `translateY(${props.top}px)` }}
    >
      <NameCell {...props} expanded={expanded} />
      {row.type === "strip" ? null : <BarCell row={row} axis={props.axis} />}
      <span
        role="gridcell"
        className="self-center pr-4 text-right text-fg-muted tabular-nums"
      >
        <RowDuration row={row} />
      </span>
    </div>
  );
}

/** Rows that draw or load are not about anything that could be inspected. */
export function isSelectable(row: VisibleRow): boolean {
  return row.type !== "strip" && row.type !== "more";
}

function expandedOf(row: VisibleRow): boolean | null {
  return row.type === "step" || row.type === "range" ? row.expanded : null;
}

function NameCell(props: RowProps & { expanded: boolean | null }) {
  const { row, expanded, actions } = props;
  const Icon = expanded === true ? ChevronDown : ChevronRight;
  return (
    <span
      role="rowheader"
      className={cn(
        "flex min-w-0 items-center gap-1.5 pr-2",
        row.type === "strip" && "md:col-span-2",
      )}
      style={{ paddingLeft: 8 + (row.level - 1) * 16 }}
    >
      {expanded === null ? (
        <span className="w-4 shrink-0" />
      ) : (
        <button
          type="button"
          tabIndex={-1}
          aria-label={expanded ? "Collapse" : "Expand"}
          className="-mx-1 grid size-6 shrink-0 place-items-center rounded-sm text-fg-muted hover:bg-sunken hover:text-fg"
          onClick={(event) => {
            event.stopPropagation();
            actions.toggle(row.key, !expanded);
          }}
        >
          <Icon aria-hidden className="size-4" />
        </button>
      )}
      <RowName row={row} actions={actions} />
      {row.type === "step" &&
      actions.replayFrom !== null &&
      actions.isReplayable(row.key) ? (
        <ReplayButton
          stepKey={row.key}
          label={row.row.label}
          onReplay={actions.replayFrom}
        />
      ) : null}
    </span>
  );
}

/** Keys and the inspector offer it too; a row shows it while it is pointed at. */
function ReplayButton(props: {
  stepKey: string;
  label: string;
  onReplay: (key: string) => void;
}) {
  return (
    <button
      type="button"
      tabIndex={-1}
      aria-label={`Replay from ${props.label}`}
      title="Replay from here…"
      className="ml-auto hidden size-6 shrink-0 place-items-center rounded-sm text-fg-muted group-hover:grid hover:bg-sunken hover:text-fg"
      onClick={(event) => {
        event.stopPropagation();
        props.onReplay(props.stepKey);
      }}
    >
      <RotateCcw aria-hidden className="size-3.5" />
    </button>
  );
}

function RowName({ row, actions }: { row: VisibleRow; actions: RowActions }) {
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

function BarCell({ row, axis }: { row: VisibleRow; axis: Axis }) {
  return (
    <span role="gridcell" className={BAR_CELL}>
      {row.type === "step" ? (
        <StepRowBar row={row.row} axis={axis} />
      ) : (
        <StepBar axis={axis} segments={groupSegments(row)} />
      )}
    </span>
  );
}

/** A step that was retried shows its attempts; they are asked for only while its row is on screen. */
function StepRowBar({ row, axis }: { row: StepRow; axis: Axis }) {
  const { run } = useRunScope();
  const attempts = useQuery(
    api.stepExecutions.listAttempts,
    hasSeveralPieces(row, row.attempt)
      ? { runId: run._id, stepKey: row.key }
      : "skip",
  );
  return (
    <>
      <span className="sr-only">{barText(row)}</span>
      <StepBar axis={axis} segments={segmentsOf(row, attempts ?? null)} />
    </>
  );
}

function barText(row: StepRow): string {
  if (row.startedAt === null) return "not started";
  const start = `starts at ${formatClock(row.startedAt)}`;
  if (row.endedAt === null) return `${start}, still going`;
  const lasts = `lasts ${formatDuration(row.endedAt - row.startedAt)}`;
  const attempts = row.attempt > 1 ? `, ${row.attempt} attempts` : "";
  return `${start}, ${lasts}${attempts}`;
}

function groupSegments(row: VisibleRow): BarSegment[] {
  if (row.type !== "range") return [];
  const [first, last] = spanOf(row.rows);
  const { family, pattern } = STATUS[row.status];
  return first === null || last === null
    ? []
    : [{ from: first, to: last, family, pattern, endCap: false }];
}

function spanOf(rows: readonly StepRow[]): [number | null, number | null] {
  let first: number | null = null;
  let last: number | null = null;
  for (const { startedAt, endedAt } of rows) {
    if (startedAt !== null) first = Math.min(first ?? startedAt, startedAt);
    if (endedAt !== null) last = Math.max(last ?? endedAt, endedAt);
  }
  return [first, last];
}

function RowDuration({ row }: { row: VisibleRow }) {
  switch (row.type) {
    case "run":
      return <Duration of={row.run} />;
    case "step":
      return <Duration of={row.row} />;
    case "range": {
      const [startedAt, endedAt] = spanOf(row.rows);
      return <Duration of={{ startedAt, endedAt }} />;
    }
    case "ghost":
    case "unstarted":
      return "–";
    case "strip":
    case "more":
      return null;
  }
}

function sameRow(a: VisibleRow, b: VisibleRow): boolean {
  return a === b || (a.type === b.type && shallowSame(a, b));
}

/** Equal properties; lists are compared item by item, because they are made anew for every tree. */
function shallowSame(a: object, b: object): boolean {
  const right = new Map(Object.entries(b));
  return Object.entries(a).every(([name, value]) => {
    const other: unknown = right.get(name);
    if (Array.isArray(value) && Array.isArray(other))
      return (
        value.length === other.length &&
        value.every((item, index) => Object.is(item, other[index]))
      );
    return Object.is(value, other) || (name === "run" && isSame(value, other));
  });
}
