import type { WorkflowDetails } from "@/features/editor/workflow-context";

export type Retention = WorkflowDetails["retention"];

/** What is offered; other numbers of days can be typed. */
export const OFFERED_DAYS = [1, 7, 30, 90, 365];
export const MAX_DAYS = 3_650;

/** What a setting means, as one sentence. */
export function retentionText(retention: Retention): string {
  return retention.kind === "forever"
    ? "Runs are never deleted."
    : `A run is deleted ${days(retention.days)} after it ended, with its steps, logs, values and files, and cannot be brought back; a run that has not ended is always kept.`;
}

function days(count: number): string {
  return count === 1 ? "1 day" : `${count.toLocaleString("en")} days`;
}

/** Null when it is no number of days that runs can be kept for. */
export function parseDays(text: string): number | null {
  const count = Number(text);
  const isFitting = Number.isInteger(count) && count >= 1 && count <= MAX_DAYS;
  return text.trim() !== "" && isFitting ? count : null;
}

export function isSameRetention(a: Retention, b: Retention): boolean {
  return a.kind === "days" && b.kind === "days"
    ? a.days === b.days
    : a.kind === b.kind;
}

/** Runs that are there now may go. */
export function isShorter(next: Retention, before: Retention): boolean {
  if (next.kind === "forever") return false;
  return before.kind === "forever" || next.days < before.days;
}
