import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  DAY,
  formatBytes,
  formatDateTime,
  formatDuration,
  formatPlural,
  formatRelative,
  formatRemaining,
  formatUntil,
  HOUR,
  MINUTE,
  SECOND,
} from "./format";

describe("formatDuration", () => {
  it.each([
    [0, "0 ms"],
    [-5, "0 ms"],
    [840, "840 ms"],
    [4_100, "4.1 s"],
    [5_000, "5 s"],
    [36_900, "36 s"],
    [2 * MINUTE + 8 * SECOND, "2 m 08 s"],
    [6 * HOUR, "6 h 0 m"],
    [3 * DAY + 4 * HOUR, "3 d 4 h"],
  ])("shows %d ms as %s", (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });

  it("never shows sixty of a unit", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 10 * DAY }), (ms) => {
        expect(formatDuration(ms)).not.toMatch(/\b(60 s|60 m|24 h|1000 ms)\b/);
      }),
    );
  });
});

describe("formatRemaining", () => {
  it("rounds up to whole seconds", () => {
    expect(formatRemaining(11_200)).toBe("12 s");
    expect(formatRemaining(59_500)).toBe("1 m 00 s");
    expect(formatRemaining(-1)).toBe("0 s");
  });
});

describe("formatRelative", () => {
  const now = Date.UTC(2026, 10, 21, 12);
  it.each([
    [0, "just now"],
    [-2_000, "just now"],
    [42 * SECOND, "42 s ago"],
    [3 * MINUTE, "3 min ago"],
    [23 * HOUR, "23 h ago"],
  ])("shows %d ms before now as %s", (ago, text) => {
    expect(formatRelative(now - ago, now)).toBe(text);
  });

  it("shows the date from a day on", () => {
    const at = now - 2 * DAY;
    expect(formatRelative(at, now)).toBe(formatDateTime(at));
  });
});

describe("formatUntil", () => {
  it("counts down and ends at now", () => {
    expect(formatUntil(12_000, 0)).toBe("in 12 s");
    expect(formatUntil(0, 5)).toBe("now");
  });
});

describe("formatBytes", () => {
  it.each([
    [0, "0 B"],
    [412, "412 B"],
    [1_024, "1 KB"],
    [18 * 1_024, "18 KB"],
    [1_258_291, "1.2 MB"],
    [1_023_900, "1 MB"],
  ])("shows %d as %s", (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });
});

describe("formatPlural", () => {
  it("agrees with the number", () => {
    expect(formatPlural(1, "step")).toBe("1 step");
    expect(formatPlural(1_204, "step")).toBe("1,204 steps");
    expect(formatPlural(2, "retry", "retries")).toBe("2 retries");
  });
});
