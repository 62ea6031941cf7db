import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { HOUR, SECOND } from "../../lib/format";
import { buildAxis, project, steadyEnd, ticksOf, unproject } from "./time-axis";

const WEEK = 7 * 24 * HOUR;
const arbitraryInterval = fc
  .tuple(fc.integer({ min: 0, max: WEEK }), fc.integer({ min: 0, max: HOUR }))
  .map(([start, length]) => ({ start, end: start + length }));
const arbitraryAxis = fc
  .record({
    intervals: fc.array(arbitraryInterval, { maxLength: 40 }),
    end: fc.integer({ min: 1, max: WEEK }),
    width: fc.integer({ min: 200, max: 2_000 }),
    collapseIdle: fc.boolean(),
  })
  .map((args) => buildAxis({ ...args, start: 0 }));

const work = (...pairs: [number, number][]) =>
  pairs.map(([start, end]) => ({ start: start * SECOND, end: end * SECOND }));

/** Processor time to lay out so many intervals, at the best of some attempts. */
function costOf(count: number): number {
  const intervals = Array.from({ length: count }, (_, i) => ({
    start: i * 40_000,
    end: i * 40_000 + 5_000,
  }));
  const args = { intervals, start: 0, end: count * 40_000, width: 800 };
  const costs = Array.from({ length: 7 }, () => {
    const before = process.cpuUsage();
    buildAxis({ ...args, collapseIdle: true });
    return process.cpuUsage(before).user;
  });
  return Math.min(...costs);
}

describe("a time axis", () => {
  it("never goes back: a later time is never further left", () => {
    const times = fc.array(fc.integer({ min: 0, max: WEEK }), { minLength: 2 });
    fc.assert(
      fc.property(arbitraryAxis, times, (axis, unsorted) => {
        const xs = unsorted.sort((a, b) => a - b).map((t) => project(axis, t));
        for (let i = 1; i < xs.length; i += 1)
          expect(xs[i]).toBeGreaterThanOrEqual((xs[i - 1] ?? 0) - 1e-6);
      }),
    );
  });

  it("finds the time of a pixel again, within one pixel", () => {
    const share = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(arbitraryAxis, share, (axis, where) => {
        const x = where * axis.width;
        expect(Math.abs(project(axis, unproject(axis, x)) - x)).toBeLessThan(1);
      }),
    );
  });

  it("fills its width exactly", () => {
    fc.assert(
      fc.property(arbitraryAxis, (axis) => {
        const sum = axis.pieces.reduce(
          (total, piece) => total + piece.width,
          0,
        );
        expect(sum).toBeCloseTo(axis.width, 4);
      }),
    );
  });

  it("collapses a long pause between work to a break", () => {
    const intervals = work([0, 5], [3_600, 3_640]);
    const axis = buildAxis({
      intervals,
      start: 0,
      end: 3_640 * SECOND,
      width: 500,
      collapseIdle: true,
    });
    const gap = axis.pieces.find((piece) => piece.collapsed);
    expect(gap).toMatchObject({ start: 5_000, end: 3_600_000, width: 48 });
  });

  it("keeps pauses under thirty seconds and under a tenth of the rest", () => {
    const axis = buildAxis({
      intervals: work([0, 10], [39, 50], [1_000, 2_000]),
      start: 0,
      end: 2_000 * SECOND,
      width: 500,
      collapseIdle: true,
    });
    expect(axis.pieces.map((piece) => piece.collapsed)).toEqual([
      false,
      false,
      false,
      true,
      false,
    ]);
  });

  it("collapses nothing when only one stretch of work would remain", () => {
    const axis = buildAxis({
      intervals: work([0, 5]),
      start: 0,
      end: HOUR,
      width: 500,
      collapseIdle: true,
    });
    expect(axis.pieces.some((piece) => piece.collapsed)).toBe(false);
  });

  it("costs eight times as much, not sixty-four times, with eight times as many intervals", () => {
    expect(costOf(40_000) / costOf(5_000)).toBeLessThan(32);
  });
});

describe("ticksOf", () => {
  it("puts no tick inside a collapsed gap and keeps them apart", () => {
    fc.assert(
      fc.property(arbitraryAxis, (axis) => {
        const ticks = ticksOf(axis);
        expect(ticks.length).toBeLessThan(axis.width / 36 + 2);
        for (const tick of ticks)
          expect(
            axis.pieces.some(
              (p) =>
                p.collapsed && tick.x > p.x + 1 && tick.x < p.x + p.width - 1,
            ),
          ).toBe(false);
      }),
    );
  });

  it("counts from the start, and after a gap from its end", () => {
    const axis = buildAxis({
      intervals: work([0, 30], [3_600, 3_660]),
      start: 0,
      end: 3_660 * SECOND,
      width: 500,
      collapseIdle: true,
    });
    const labels = ticksOf(axis).map((tick) => tick.label);
    expect(labels[0]).toBe("0 s");
    expect(labels).toContain("+30 s");
  });
});

describe("steadyEnd", () => {
  it("lies after now and moves in steps only", () => {
    const ends = new Set<number>();
    for (let now = 60_000; now < 120_000; now += 250) {
      const end = steadyEnd(0, now);
      expect(end).toBeGreaterThan(now);
      ends.add(end);
    }
    expect(ends.size).toBeLessThan(8);
  });
});
