import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  checkSchedule,
  type CronSchedule,
  firstFireTime,
  nextFireTime,
} from "./cron-times";

const at = (text: string) => Date.parse(text);

describe("cron times", () => {
  it("fires an interval at once and then at whole intervals", () => {
    const every: CronSchedule = { type: "interval", seconds: 30 };
    expect(firstFireTime(every, 1_000)).toBe(1_000);
    expect(nextFireTime(every, 1_000, 1_000)).toBe(31_000);
  });

  it("skips the intervals that passed while nobody was there", () => {
    const every: CronSchedule = { type: "interval", minutes: 1 };
    expect(nextFireTime(every, 0, 10 * 60_000 + 5)).toBe(11 * 60_000);
  });

  it.each<[CronSchedule, string]>([
    [{ type: "hourly", minuteUTC: 15 }, "2026-11-21T10:15:00Z"],
    [{ type: "daily", hourUTC: 9 }, "2026-11-22T09:00:00Z"],
    [
      { type: "weekly", dayOfWeek: "monday", hourUTC: 8, minuteUTC: 30 },
      "2026-11-23T08:30:00Z",
    ],
    [{ type: "monthly", day: 1, hourUTC: 0 }, "2026-12-01T00:00:00Z"],
    [{ type: "cron", cron: "*/5 * * * *" }, "2026-11-21T10:05:00Z"],
    [{ type: "cron", cron: "0 0 * * sun" }, "2026-11-22T00:00:00Z"],
  ])("finds the next occurrence of %j in UTC", (schedule, expected) => {
    expect(firstFireTime(schedule, at("2026-11-21T10:00:00Z"))).toBe(
      at(expected),
    );
  });

  it("is always in the future", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5_000 }),
        fc.nat(10 ** 9),
        fc.nat(10 ** 9),
        (seconds, previous, later) => {
          const next = nextFireTime(
            { type: "interval", seconds },
            previous,
            previous + later,
          );
          expect(next).toBeGreaterThan(previous + later);
          expect((next - previous) % (seconds * 1_000)).toBe(0);
        },
      ),
    );
  });

  it.each<[CronSchedule, RegExp]>([
    [{ type: "interval" }, /Exactly one of/],
    [{ type: "interval", seconds: 1, hours: 1 }, /Exactly one of/],
    [{ type: "interval", seconds: 0.5 }, /integer greater than 0/],
    [{ type: "hourly", minuteUTC: 60 }, /minuteUTC must be 0-59/],
    [{ type: "daily", hourUTC: 24 }, /hourUTC must be 0-23/],
    [{ type: "cron", cron: "* * * * * *" }, /five fields/],
    [{ type: "cron", cron: "61 * * * *" }, /not valid/],
  ])("refuses %j by name", (schedule, problem) => {
    expect(() => checkSchedule("nightly", schedule)).toThrow(problem);
    expect(() => checkSchedule("nightly", schedule)).toThrow(/"nightly"/);
  });
});
