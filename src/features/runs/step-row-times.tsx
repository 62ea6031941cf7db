"use client";

import { useQuery } from "convex/react";
import { Duration } from "@/components/display/duration";
import { api } from "@/convex/_generated/api";
import type { StepRow } from "@/convex/validators/steps";
import { formatClock, formatDuration } from "@/lib/format";
import { STATUS } from "@/lib/run-status";
import { hasSeveralPieces, segmentsOf, type BarSegment } from "./bar-segments";
import { useRunScope } from "./run-context";
import { StepBar } from "./step-bar";
import type { Axis } from "./time-axis";
import { BAR_CELL } from "./tree-columns";
import type { VisibleRow } from "./visible-row";

export function BarCell({ row, axis }: { row: VisibleRow; axis: Axis }) {
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

export function RowDuration({ row }: { row: VisibleRow }) {
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
