"use client";

import { ChevronDown, ChevronRight, RotateCcw } from "lucide-react";
import { memo } from "react";
import { cn } from "@/lib/cn";
import { RowName } from "./step-row-name";
import { BarCell, RowDuration } from "./step-row-times";
import { isSame } from "./step-store";
import type { Axis } from "./time-axis";
import { TREE_COLUMNS } from "./tree-columns";
import { isSelectable, type RowActions, type VisibleRow } from "./visible-row";

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
