import { describe, expect, it } from "vitest";
import {
  isSameRetention,
  isShorter,
  parseDays,
  retentionText,
} from "./retention-text";

const forever = { kind: "forever" } as const;
const days = (count: number) => ({ kind: "days", days: count }) as const;

describe("how long runs are kept", () => {
  it("is said in one sentence", () => {
    expect(retentionText(forever)).toBe("Runs are never deleted.");
    expect(retentionText(days(1))).toContain("deleted 1 day after it ended");
    expect(retentionText(days(3650))).toContain("3,650 days after");
  });

  it.each([
    ["30", 30],
    ["1", 1],
    ["3650", 3650],
    ["", null],
    [" ", null],
    ["0", null],
    ["3651", null],
    ["1.5", null],
    ["a week", null],
  ])("reads %j as %s", (text, count) => {
    expect(parseDays(text)).toBe(count);
  });

  it("is shorter only when runs that are there may go", () => {
    expect(isShorter(days(7), days(30))).toBe(true);
    expect(isShorter(days(7), forever)).toBe(true);
    expect(isShorter(days(30), days(30))).toBe(false);
    expect(isShorter(forever, days(1))).toBe(false);
  });

  it("is the same when it means the same", () => {
    expect(isSameRetention(days(7), days(7))).toBe(true);
    expect(isSameRetention(days(7), days(8))).toBe(false);
    expect(isSameRetention(forever, forever)).toBe(true);
    expect(isSameRetention(forever, days(7))).toBe(false);
  });
});
