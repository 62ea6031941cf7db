"use client";

import { useCallback } from "react";
import { formatRemaining, formatUntil } from "../../lib/format";
import { LiveText } from "./live-text";

const FORMS = {
  in: formatUntil,
  bare: (until: number, now: number) => formatRemaining(until - now),
  left: (until: number, now: number) => `${formatRemaining(until - now)} left`,
};

/** `in 12 s`, bare `12 s`, or `12 s left`, counting down. Silent for screen readers: who needs it announced says so elsewhere. */
export function Countdown({
  until,
  form = "in",
}: {
  until: number;
  form?: keyof typeof FORMS;
}) {
  const format = useCallback(
    (now: number) => FORMS[form](until, now),
    [until, form],
  );
  return <LiveText className="tabular-nums" aria-hidden format={format} />;
}
