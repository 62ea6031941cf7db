"use client";

import { useEffect, useRef, type ComponentProps } from "react";
import { clockNow, subscribeClock } from "./clock";

/** Text that moves with the clock without rendering again. `format` must keep its identity. */
export function LiveText({
  format,
  ...props
}: ComponentProps<"span"> & { format: (now: number) => string }) {
  const ref = useRef<HTMLSpanElement>(null);
  useEffect(() => {
    const write = (now: number) => {
      if (ref.current) ref.current.textContent = format(now);
    };
    write(clockNow());
    return subscribeClock(write);
  }, [format]);
  return (
    <span ref={ref} suppressHydrationWarning {...props}>
      {format(clockNow())}
    </span>
  );
}
