import { useEffect, type RefObject } from "react";
import { exactNow } from "@/components/display/clock";
import { project, type Axis } from "./time-axis";

const PER_SECOND = 4;

/** Writes where now is on the axis into `--now`, so that running bars grow without rendering. */
export function useNowVariable(
  ref: RefObject<HTMLElement | null>,
  axis: Axis,
  active: boolean,
): void {
  useEffect(() => {
    const write = () =>
      ref.current?.style.setProperty(
        "--now",
        project(axis, exactNow()).toFixed(1),
      );
    write();
    if (!active) return;
    const timer = setInterval(write, 1_000 / PER_SECOND);
    return () => clearInterval(timer);
  }, [ref, axis, active]);
}
