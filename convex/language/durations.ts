const UNITS: Record<string, number> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

const MAX_DURATION_MS = 366 * 86_400_000;

/** `"250ms" "10s" "5m" "2h" "3d"` or milliseconds; null when it is none of these or longer than a year. */
export function parseDuration(value: unknown): number | null {
  const ms = typeof value === "string" ? fromText(value) : value;
  if (typeof ms !== "number" || !Number.isFinite(ms)) return null;
  return ms >= 0 && ms <= MAX_DURATION_MS ? Math.round(ms) : null;
}

function fromText(text: string): number | null {
  const match = /^(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)$/.exec(text.trim());
  const unit = UNITS[match?.[2] ?? ""];
  return match === null || unit === undefined ? null : Number(match[1]) * unit;
}
