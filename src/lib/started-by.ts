import type { StartedBy, TriggerKind } from "@/convex/validators/triggers";

const TRIGGER_WORD = {
  manual: "by hand",
  schedule: "schedule",
  webhook: "webhook",
  event: "event",
  replay: "replay",
  workflow: "by a run",
} as const satisfies Record<TriggerKind, string>;

/** What started a run, in one line: "by hand · Ada". */
export function startedByText({ kind, label }: StartedBy): string {
  return `${TRIGGER_WORD[kind]} · ${label}`;
}
