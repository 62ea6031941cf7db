import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { nextTime, nextTimes } from "./scheduleTimes";

const at = (iso: string): number => Date.parse(iso);

function isoTimes(cron: string, timeZone: string, after: string, count = 3) {
  const next = nextTimes({ cron, timeZone }, { after: at(after), count });
  if (next.kind === "invalid") return next.message;
  return next.times.map((time) => new Date(time).toISOString());
}

describe("next times", () => {
  it("follow the time zone", () => {
    expect(
      isoTimes("0 9 * * 1-5", "Europe/Berlin", "2026-01-02T12:00:00Z", 2),
    ).toEqual(["2026-01-05T08:00:00.000Z", "2026-01-06T08:00:00.000Z"]);
  });

  it("take six fields with seconds first", () => {
    expect(
      isoTimes("*/20 * * * * *", "UTC", "2026-01-01T00:00:00Z", 2),
    ).toEqual(["2026-01-01T00:00:20.000Z", "2026-01-01T00:00:40.000Z"]);
  });

  it("move a time that does not exist to the next instant that does", () => {
    const times = isoTimes(
      "30 2 * * *",
      "Europe/Berlin",
      "2026-03-28T12:00:00Z",
      2,
    );
    expect(times).toEqual([
      "2026-03-29T01:00:00.000Z",
      "2026-03-30T00:30:00.000Z",
    ]);
  });

  it("take a time that exists twice once", () => {
    const times = isoTimes(
      "30 2 * * *",
      "Europe/Berlin",
      "2026-10-24T12:00:00Z",
      2,
    );
    expect(times).toEqual([
      "2026-10-25T00:30:00.000Z",
      "2026-10-26T01:30:00.000Z",
    ]);
  });

  it("go on through an hour that the clock shows twice when every hour is named", () => {
    const times = isoTimes(
      "*/30 * * * *",
      "Europe/Berlin",
      "2026-10-25T00:10:00Z",
      4,
    );
    expect(times).toEqual([
      "2026-10-25T00:30:00.000Z",
      "2026-10-25T01:00:00.000Z",
      "2026-10-25T01:30:00.000Z",
      "2026-10-25T02:00:00.000Z",
    ]);
  });

  it("are later than the start and ascending", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: at("2025-01-01"), max: at("2028-01-01") }),
        fc.constantFrom("* * * * *", "17 3 * * *", "0 */6 1 * *"),
        fc.constantFrom("UTC", "America/New_York", "Australia/Lord_Howe"),
        (after, cron, timeZone) => {
          const next = nextTimes({ cron, timeZone }, { after, count: 5 });
          if (next.kind === "invalid") throw new Error(next.message);
          const all = [after, ...next.times];
          expect(all).toEqual([...new Set(all)].sort((a, b) => a - b));
          expect(next.times).toHaveLength(5);
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe("a schedule that is wrong", () => {
  it("says which field", () => {
    expect(isoTimes("* 25 * * *", "UTC", "2026-01-01")).toContain(
      'The hour field "25" is not valid',
    );
    expect(isoTimes("61 * * * *", "UTC", "2026-01-01")).toContain(
      "The minute field",
    );
  });

  it("says how many fields there are", () => {
    expect(isoTimes("* * *", "UTC", "2026-01-01")).toContain("this one has 3");
  });

  it("says when the time zone does not exist", () => {
    expect(isoTimes("* * * * *", "Mars/Olympus", "2026-01-01")).toContain(
      '"Mars/Olympus" is not a time zone',
    );
  });

  it("says when it never fires", () => {
    expect(isoTimes("0 0 30 2 *", "UTC", "2026-01-01")).toEqual(
      expect.any(String),
    );
    expect(
      nextTime({ cron: "0 0 30 2 *", timeZone: "UTC" }, at("2026-01-01")),
    ).toBeNull();
  });
});
