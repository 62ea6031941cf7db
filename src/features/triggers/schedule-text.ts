import { toString as describeCron } from "cronstrue";

export type ScheduleText =
  { kind: "ok"; text: string } | { kind: "invalid"; message: string };

/** A cron expression in words, or which part of it is wrong. */
export function scheduleText(cron: string): ScheduleText {
  const trimmed = cron.trim();
  const fields = trimmed === "" ? 0 : trimmed.split(/\s+/).length;
  if (fields < 5 || fields > 6) {
    return {
      kind: "invalid",
      message: `A schedule has 5 fields (minute, hour, day, month, weekday) or 6 with seconds first; this has ${fields}.`,
    };
  }
  try {
    const text = describeCron(trimmed, { use24HourTimeFormat: true });
    return { kind: "ok", text };
  } catch (error) {
    return { kind: "invalid", message: reason(error) };
  }
}

/** For lists: words where possible, else the expression itself. */
export function scheduleLabel(cron: string): string {
  const described = scheduleText(cron);
  return described.kind === "ok" ? described.text : cron;
}

/** cronstrue throws "Error: …" strings as well as errors. */
function reason(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.replace(/^Error:\s*/, "");
}

/** An instant as it reads in a time zone: "Mon, Nov 23, 09:00". */
export function formatInZone(at: number, timeZone: string): string {
  return new Intl.DateTimeFormat("en", {
    timeZone,
    weekday: "short",
    month: "short",
    day: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
  }).format(at);
}

/** All zones this browser knows, UTC first. */
export function timeZones(): string[] {
  const names = Intl.supportedValuesOf("timeZone");
  return ["UTC", ...names.filter((name) => name !== "UTC")];
}
