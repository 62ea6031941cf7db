import { useState } from "react";
import { useClock } from "@/components/display/use-clock";
import { workIntervals } from "./bar-segments";
import type { Run } from "./run-context";
import { isSame, type StepSnapshot } from "./step-store";
import { buildAxis, steadyEnd, type Axis } from "./time-axis";

/** The time axis of the run on `width` pixels. It keeps its identity while it does not change. */
export function useAxis(args: {
  run: Run;
  steps: StepSnapshot;
  width: number;
  collapseIdle: boolean;
}): Axis {
  const { run, steps, width, collapseIdle } = args;
  const start = run.startedAt ?? run.createdAt;
  const movingEnd = useClock((now) => steadyEnd(start, now));
  const end = run.endedAt ?? movingEnd;
  const isKnown = (key: string) => steps.childrenOf(key)?.status === "complete";
  const intervals = workIntervals(steps.rows, isKnown, end);
  const next = buildAxis({ intervals, start, end, width, collapseIdle });
  const [kept, setKept] = useState(next);
  if (isSame(kept, next)) return kept;
  setKept(next);
  return next;
}
