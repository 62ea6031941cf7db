"use client";

import { useCallback } from "react";
import { formatDuration } from "../../lib/format";
import { LiveText } from "./live-text";

/** How long something took, or has taken so far. */
export function Duration({
  of: { startedAt, endedAt },
}: {
  of: { startedAt: number | null; endedAt: number | null };
}) {
  const format = useCallback(
    (now: number) => formatDuration(now - (startedAt ?? now)),
    [startedAt],
  );
  if (startedAt === null) return <span className="text-fg-subtle">–</span>;
  if (endedAt === null)
    return <LiveText className="tabular-nums" format={format} />;
  return (
    <span className="tabular-nums">{formatDuration(endedAt - startedAt)}</span>
  );
}
