"use client";

import { useState, type KeyboardEvent } from "react";
import { cn } from "@/lib/cn";
import { formatCount } from "@/lib/format";
import { barColor, STATUS, statusOf } from "@/lib/run-status";
import type { StepRow } from "@/convex/validators/steps";
import { iterationIndex } from "@/lib/step-keys";
import { binIterations, type StripCell } from "./iteration-strip-bins";

/** Every iteration of a loop in one line. One slider: arrows move, Enter opens. */
export function IterationStrip({
  loop,
  iterations,
  onOpen,
}: {
  loop: StepRow;
  iterations: readonly StepRow[];
  onOpen: (index: number) => void;
}) {
  const total = Math.max(loop.loop?.total ?? 0, iterations.length);
  const byIndex = new Map(iterations.map((r) => [iterationIndex(r.key), r]));
  const cells = binIterations(total, (index) => {
    const row = byIndex.get(index);
    return row === undefined ? null : statusOf(row.state);
  });
  const [active, setActive] = useState(0);
  const cell = cells[Math.min(active, cells.length - 1)];
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (step !== undefined)
      setActive((was) => Math.min(Math.max(was + step, 0), cells.length - 1));
    else if (event.key === "Enter" && cell) onOpen(cell.from);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <div
      role="slider"
      tabIndex={0}
      aria-label={`Iterations of ${loop.label}`}
      aria-valuemin={1}
      aria-valuemax={total}
      aria-valuenow={(cell?.from ?? 0) + 1}
      aria-valuetext={cell ? describeCell(cell) : "none"}
      onKeyDown={onKeyDown}
      className="group/strip flex h-4 min-w-0 flex-1 items-stretch gap-px rounded-sm"
    >
      {cells.map((shown, index) => (
        <span
          key={shown.from}
          title={describeCell(shown)}
          onClick={() => onOpen(shown.from)}
          className={cn(
            "max-w-3 min-w-0 flex-1 cursor-pointer rounded-[1px]",
            shown.status === null && "bg-neutral-bar/25",
            shown.status === "failed" && "-my-0.5",
            index === active &&
              "group-focus-visible/strip:outline-2 group-focus-visible/strip:outline-focus",
          )}
          style={
            shown.status === null
              ? undefined
              : { background: barColor(STATUS[shown.status].family) }
          }
        />
      ))}
    </div>
  );
}

function describeCell(cell: StripCell): string {
  const what =
    cell.status === null
      ? "not started or not loaded"
      : STATUS[cell.status].label;
  return cell.from === cell.to
    ? `#${formatCount(cell.from + 1)}: ${what}`
    : `#${formatCount(cell.from + 1)} to #${formatCount(cell.to + 1)}: ${what}`;
}
