import type { Calls } from "../calls";

export type AppEvent = { kind: string; detail?: unknown; at: number };

/** What the functions of the components app noted for one test. */
export async function eventsOf(
  calls: Calls,
  run: string,
  kind?: string,
): Promise<AppEvent[]> {
  const events = await calls.query<AppEvent[]>("events:of", { run });
  return kind === undefined
    ? events
    : events.filter((event) => event.kind === kind);
}

/** How many were between their begin and their end at the fullest moment. */
export function mostAtOnce(events: readonly AppEvent[]): number {
  let open = 0;
  let most = 0;
  for (const { kind } of events) {
    if (kind === "begin") open += 1;
    if (kind === "end") open -= 1;
    most = Math.max(most, open);
  }
  return most;
}
