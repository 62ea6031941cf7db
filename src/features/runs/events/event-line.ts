import type { FunctionReturnType } from "convex/server";
import type { api } from "@/convex/_generated/api";
import type { StartedBy } from "@/convex/validators/triggers";
import { formatClock } from "@/lib/format";
import { startedByText } from "@/lib/started-by";

export type RunEventRow = FunctionReturnType<
  typeof api.runEvents.list
>["page"][number];

/** What the first half of an event's type is called in the filter. */
export const EVENT_GROUPS = {
  run: "Run",
  step: "Steps",
  attempt: "Attempts",
  timer: "Timers",
  event: "Events",
  person: "People",
} as const;
export type EventGroup = keyof typeof EVENT_GROUPS;
export const EVENT_GROUP_NAMES = Object.keys(EVENT_GROUPS) as EventGroup[];

export type EventFilter = { group: EventGroup | null; text: string };

export function filterEvents(
  events: readonly RunEventRow[],
  { group, text }: EventFilter,
): readonly RunEventRow[] {
  const wanted = text.trim().toLowerCase();
  if (group === null && wanted === "") return events;
  return events.filter(
    (event) =>
      (group === null || event.type.startsWith(`${group}.`)) &&
      `${event.type} ${event.stepKey ?? ""} ${event.data}`
        .toLowerCase()
        .includes(wanted),
  );
}

/** Said by type and step already. */
const SHOWN_ELSEWHERE = new Set(["type", "key", "kind", "did", "status"]);
const TIMES = new Set(["until", "nextRetryAt", "startedAt", "endedAt"]);

/** The data of an event in one line: "attempt 2 · error HttpError: 503". */
export function eventDetails({ data }: RunEventRow): string {
  // Parse boundary: the server wrote it; whatever it holds is shown.
  return partsOf(JSON.parse(data) as unknown).join(" · ");
}

function partsOf(value: unknown): string[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) => partOf(name, inner));
}

function partOf(name: string, value: unknown): string[] {
  if (SHOWN_ELSEWHERE.has(name) || value === null) return [];
  if (TIMES.has(name) && typeof value === "number")
    return [`${name} ${formatClock(value)}`];
  // Parse boundary: the server wrote it.
  if (name === "startedBy") return [startedByText(value as StartedBy)];
  if (isError(value)) return [`${name} ${value.name}: ${value.message}`];
  if (typeof value === "object") return partsOf(value);
  return [`${name} ${String(value)}`];
}

function isError(value: unknown): value is { name: string; message: string } {
  return (
    typeof value === "object" &&
    value !== null &&
    "name" in value &&
    "message" in value
  );
}

/** Where an arrow key leads in a list of so many; null for other keys. */
export function moveInList(
  key: string,
  at: number,
  count: number,
): number | null {
  const last = count - 1;
  switch (key) {
    case "ArrowDown":
      return Math.min(at + 1, last);
    case "ArrowUp":
      return Math.max(at - 1, 0);
    case "PageDown":
      return Math.min(at + 20, last);
    case "PageUp":
      return Math.max(at - 20, 0);
    case "Home":
      return 0;
    case "End":
      return last;
    default:
      return null;
  }
}
