"use client";

import { useCallback } from "react";
import { formatRemaining, formatUntil } from "../../lib/format";
import { LiveText } from "./live-text";

/** `in 12 s`, or bare `12 s`, counting down. Silent for screen readers: who needs it announced says so elsewhere. */
export function Countdown({
  until,
  bare = false,
}: {
  until: number;
  bare?: boolean;
}) {
  const format = useCallback(
    (now: number) =>
      bare ? formatRemaining(until - now) : formatUntil(until, now),
    [until, bare],
  );
  return <LiveText className="tabular-nums" aria-hidden format={format} />;
}
