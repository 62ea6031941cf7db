export const SECOND = 1_000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

const pad = (value: number) => String(value).padStart(2, "0");

/** `840 ms`, `4.1 s`, `36 s`, `2 m 08 s`, `6 h 0 m`, `3 d 4 h`. Negative counts as zero. */
export function formatDuration(ms: number): string {
  const value = Math.max(0, ms);
  if (value < SECOND) return `${Math.round(value)} ms`;
  if (value < 10 * SECOND) return `${floorTo(value / SECOND, 1)} s`;
  if (value < MINUTE) return `${Math.floor(value / SECOND)} s`;
  const seconds = Math.floor(value / SECOND);
  if (value < HOUR)
    return `${Math.floor(seconds / 60)} m ${pad(seconds % 60)} s`;
  const minutes = Math.floor(seconds / 60);
  if (value < DAY) return `${Math.floor(minutes / 60)} h ${minutes % 60} m`;
  const hours = Math.floor(minutes / 60);
  return `${formatCount(Math.floor(hours / 24))} d ${hours % 24} h`;
}

/** Like `formatDuration`, in whole seconds, rounded up: what is left of a wait. */
export function formatRemaining(ms: number): string {
  const seconds = Math.ceil(Math.max(0, ms) / SECOND);
  return seconds < 60 ? `${seconds} s` : formatDuration(seconds * SECOND);
}

function floorTo(value: number, digits: number): string {
  const factor = 10 ** digits;
  const floored = Math.floor(value * factor) / factor;
  return Number.isInteger(floored) ? String(floored) : floored.toFixed(digits);
}

/** `just now`, `3 min ago`, `5 h ago`; from a day on the date and time. */
export function formatRelative(at: number, now: number): string {
  const ago = now - at;
  if (ago < -MINUTE) return formatDateTime(at);
  if (ago < 10 * SECOND) return "just now";
  if (ago < MINUTE) return `${Math.floor(ago / SECOND)} s ago`;
  if (ago < HOUR) return `${Math.floor(ago / MINUTE)} min ago`;
  if (ago < DAY) return `${Math.floor(ago / HOUR)} h ago`;
  return formatDateTime(at);
}

/** How much later `at` is: `in 12 s`, `in 5 h 58 m`. */
export function formatUntil(at: number, now: number): string {
  return at <= now ? "now" : `in ${formatRemaining(at - now)}`;
}

const dateTime = new Intl.DateTimeFormat("en-US", {
  month: "short",
  day: "numeric",
  hour: "2-digit",
  minute: "2-digit",
  hourCycle: "h23",
});
const clock = new Intl.DateTimeFormat("en-US", {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  hourCycle: "h23",
});
const full = new Intl.DateTimeFormat("en-US", {
  dateStyle: "full",
  timeStyle: "long",
  hourCycle: "h23",
});
const count = new Intl.NumberFormat("en-US");

/** `Nov 19, 14:02`, local. */
export function formatDateTime(at: number): string {
  return dateTime.format(at);
}

/** `14:02:11`, local. */
export function formatClock(at: number): string {
  return clock.format(at);
}

/** Local time in full and UTC, for tooltips. */
export function formatFullTime(at: number): string {
  return `${full.format(at)}\n${new Date(at).toISOString()}`;
}

/** `1,204`. */
export function formatCount(value: number): string {
  return count.format(value);
}

/** `412 B`, `18 KB`, `1.2 MB`, in steps of 1,024. */
export function formatBytes(bytes: number): string {
  if (bytes < 1_024) return `${Math.max(0, Math.round(bytes))} B`;
  const units = ["KB", "MB", "GB", "TB"];
  let value = bytes / 1_024;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1_024;
    unit += 1;
  }
  const text = value < 9.95 ? value.toFixed(1) : value.toFixed(0);
  return `${text.replace(/\.0$/, "")} ${units[unit] ?? "TB"}`;
}

/** `1 step`, `1,204 steps`. */
export function formatPlural(value: number, one: string, many = `${one}s`) {
  return `${formatCount(value)} ${value === 1 ? one : many}`;
}
