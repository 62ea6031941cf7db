import { describe, expect, it } from "vitest";
import {
  formatInZone,
  scheduleLabel,
  scheduleText,
  timeZones,
} from "./schedule-text";

describe("scheduleText", () => {
  it("puts a schedule in words", () => {
    expect(scheduleText("0 9 * * 1")).toEqual({
      kind: "ok",
      text: "At 09:00, only on Monday",
    });
  });

  it("accepts a leading seconds field", () => {
    expect(scheduleText("*/10 * * * * *").kind).toBe("ok");
  });

  it("counts the fields of an incomplete expression", () => {
    const described = scheduleText("0 9");
    expect(described).toMatchObject({ kind: "invalid" });
    expect(JSON.stringify(described)).toContain("this has 2");
  });

  it("says which part is out of range", () => {
    const described = scheduleText("0 25 * * *");
    expect(described.kind).toBe("invalid");
    expect(JSON.stringify(described)).toMatch(/hour/i);
  });

  it("falls back to the expression in lists", () => {
    expect(scheduleLabel("nonsense")).toBe("nonsense");
  });
});

describe("formatInZone", () => {
  it("shows one instant in two zones", () => {
    const at = Date.UTC(2026, 10, 23, 9, 0);
    expect(formatInZone(at, "UTC")).toContain("09:00");
    expect(formatInZone(at, "Asia/Tokyo")).toContain("18:00");
  });
});

describe("timeZones", () => {
  it("offers UTC first and once", () => {
    const zones = timeZones();
    expect(zones[0]).toBe("UTC");
    expect(zones.filter((zone) => zone === "UTC")).toHaveLength(1);
  });
});
