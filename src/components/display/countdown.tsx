"use client";

import { useCallback } from "react";
import { formatUntil } from "../../lib/format";
import { LiveText } from "./live-text";

/** `in 12 s`, counting down. Silent for screen readers: who needs it announced says so elsewhere. */
export function Countdown({ until }: { until: number }) {
  const format = useCallback((now: number) => formatUntil(until, now), [until]);
  return <LiveText className="tabular-nums" aria-hidden format={format} />;
}
