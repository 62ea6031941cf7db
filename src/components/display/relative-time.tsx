"use client";

import { useCallback } from "react";
import { formatFullTime, formatRelative } from "../../lib/format";
import { LiveText } from "./live-text";

/** `3 min ago`; the exact times, local and UTC, on hover. */
export function RelativeTime({ at }: { at: number }) {
  const format = useCallback((now: number) => formatRelative(at, now), [at]);
  return (
    <time
      dateTime={new Date(at).toISOString()}
      title={formatFullTime(at)}
      suppressHydrationWarning
      className="whitespace-nowrap tabular-nums"
    >
      <LiveText format={format} />
    </time>
  );
}
