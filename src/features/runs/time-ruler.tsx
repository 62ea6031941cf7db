"use client";

import { formatDuration } from "@/lib/format";
import { ticksOf, type Axis, type AxisPiece } from "./time-axis";
import { BAR_CELL, TREE_COLUMNS } from "./tree-columns";
import { cn } from "@/lib/cn";

/** The head of the tree: the columns' names and the ticks of the axis, with a button for each break in it. */
export function TimeRuler({
  axis,
  measure,
  onShowIdle,
}: {
  axis: Axis;
  measure: (element: HTMLElement | null) => void;
  onShowIdle: () => void;
}) {
  return (
    <div
      role="row"
      aria-rowindex={1}
      className={cn(
        "relative grid h-7 shrink-0 items-center border-b border-border bg-subtle text-2xs font-medium text-fg-muted max-md:h-0 max-md:overflow-hidden max-md:border-0",
        TREE_COLUMNS,
      )}
    >
      <span role="columnheader" className="pl-3">
        Step
      </span>
      <span
        role="columnheader"
        aria-label="Time"
        ref={measure}
        className={cn(BAR_CELL, "h-full tabular-nums")}
      >
        {ticksOf(axis).map((tick) => (
          <span
            key={tick.x}
            className="absolute top-1/2 -translate-y-1/2 whitespace-nowrap"
            style={{ left: tick.x }}
          >
            {tick.label}
          </span>
        ))}
        {breaksOf(axis).map((piece) => (
          <IdleBreak key={piece.start} piece={piece} onShowIdle={onShowIdle} />
        ))}
      </span>
      <span role="columnheader" className="pr-4 text-right">
        Duration
      </span>
    </div>
  );
}

function IdleBreak(props: { piece: AxisPiece; onShowIdle: () => void }) {
  const { piece } = props;
  const idle = formatDuration(piece.end - piece.start);
  return (
    <button
      type="button"
      title={`Show ${idle} of idle time`}
      aria-label={`Show ${idle} of idle time`}
      onClick={props.onShowIdle}
      className="absolute top-0 h-full overflow-hidden bg-sunken px-0.5 text-center whitespace-nowrap hover:text-fg"
      style={{ left: piece.x, width: piece.width }}
    >
      {inShort(idle)}
    </button>
  );
}

/** `6 h 0 m` in the space of a break: `6 h`. */
function inShort(duration: string): string {
  return duration.replace(/ 0?0 [hms]$/, "");
}

/** The lines that run through all rows: where idle time was left out, and now. */
export function TimeMarks({ axis, active }: { axis: Axis; active: boolean }) {
  return (
    <div
      aria-hidden
      className={cn(
        "pointer-events-none absolute inset-0 grid max-md:hidden",
        TREE_COLUMNS,
      )}
    >
      <span />
      <span className="relative overflow-hidden">
        {breaksOf(axis).map((piece) => (
          <span
            key={piece.start}
            className="absolute inset-y-0 border-l border-dashed border-border"
            style={{ left: piece.x + piece.width / 2 }}
          />
        ))}
        {active ? (
          <span
            className="absolute inset-y-0 left-0 border-l border-running-bar"
            style={{ transform: "translateX(calc(var(--now, 0) * 1px))" }}
          />
        ) : null}
      </span>
    </div>
  );
}

function breaksOf(axis: Axis): AxisPiece[] {
  return axis.pieces.filter((piece) => piece.collapsed);
}
