"use client";

import { MousePointerClick } from "lucide-react";
import type { Trigger } from "@/convex/validators/triggers";
import { scheduleLabel } from "@/features/triggers/schedule-text";
import { TRIGGER_ICON } from "@/features/triggers/trigger-icon";
import { formatUntil } from "@/lib/format";
import { useNow } from "@/lib/use-now";

export function TriggerSummary({ triggers }: { triggers: Trigger[] }) {
  if (triggers.length === 0) {
    return (
      <span className="inline-flex items-center gap-1.5 text-fg-muted">
        <MousePointerClick className="size-4" aria-hidden />
        By hand
      </span>
    );
  }
  return (
    <ul className="flex flex-col gap-0.5">
      {triggers.map((trigger) => (
        <li
          key={trigger._id}
          className="flex items-start gap-1.5 [&>svg]:mt-0.5 [&>svg]:size-4 [&>svg]:shrink-0 [&>svg]:text-fg-muted"
        >
          <TriggerIcon trigger={trigger} />
          <span>
            {summaryOf(trigger)}
            <TriggerNote trigger={trigger} />
          </span>
        </li>
      ))}
    </ul>
  );
}

function TriggerIcon({ trigger }: { trigger: Trigger }) {
  const Icon = TRIGGER_ICON[trigger.kind];
  return <Icon aria-hidden />;
}

function summaryOf(trigger: Trigger): string {
  switch (trigger.kind) {
    case "schedule":
      return scheduleLabel(trigger.cron);
    case "webhook":
      return `Webhook ${trigger.name}`;
    case "event":
      return `Event ${trigger.event}`;
  }
}

function TriggerNote({ trigger }: { trigger: Trigger }) {
  const now = useNow();
  const classes = "block text-xs text-fg-muted";
  if (!trigger.enabled) return <span className={classes}>off</span>;
  if (trigger.kind !== "schedule" || trigger.nextFireAt === null) return null;
  return (
    <span className={classes}>next {formatUntil(trigger.nextFireAt, now)}</span>
  );
}
