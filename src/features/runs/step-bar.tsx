import type { CSSProperties } from "react";
import { cn } from "@/lib/cn";
import { barColor, type BarPattern } from "@/lib/run-status";
import type { BarSegment } from "./bar-segments";
import styles from "./step-bar.module.css";
import { project, type Axis } from "./time-axis";

const PATTERN_CLASS = {
  solid: styles.solid,
  hollow: styles.hollow,
  dashed: styles.dashed,
  hatched: styles.hatched,
  stripes: styles.stripes,
} as const satisfies Record<BarPattern, string | undefined>;

/** However short it was, it is seen: also at the very end of the axis. */
const MIN_PX = 2;
/** Below this width only the piece that took longest is drawn. */
const MIN_SPLIT_PX = 6;

/** The bar of one row. Its text alternative is in the row. */
export function StepBar({
  axis,
  segments,
}: {
  axis: Axis;
  segments: readonly BarSegment[];
}) {
  return visibleSegments(axis, segments).map((segment) => (
    <Segment
      key={`${segment.from} ${segment.pattern}`}
      axis={axis}
      segment={segment}
    />
  ));
}

function Segment({ axis, segment }: { axis: Axis; segment: BarSegment }) {
  const left = Math.min(project(axis, segment.from), axis.width - MIN_PX);
  const style: CSSProperties & Record<`--${string}`, string | number> = {
    left,
    "--left": left,
    "--color": barColor(segment.family),
  };
  if (segment.to !== null)
    style.width = Math.max(MIN_PX, project(axis, segment.to) - left);
  return (
    <span
      className={cn(
        styles.bar,
        PATTERN_CLASS[segment.pattern],
        segment.to === null && styles.growing,
        segment.endCap && styles.endCap,
      )}
      style={style}
    />
  );
}

function visibleSegments(
  axis: Axis,
  segments: readonly BarSegment[],
): readonly BarSegment[] {
  const first = segments[0];
  const last = segments.at(-1);
  if (first === undefined || last === undefined || last.to === null)
    return segments;
  const width = project(axis, last.to) - project(axis, first.from);
  if (width >= MIN_SPLIT_PX || segments.length === 1) return segments;
  const longest = segments.reduce((a, b) =>
    lengthOf(b) > lengthOf(a) ? b : a,
  );
  return [{ ...longest, from: first.from, to: last.to }];
}

function lengthOf(segment: BarSegment): number {
  return (segment.to ?? Infinity) - segment.from;
}
