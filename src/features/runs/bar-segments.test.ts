import { describe, expect, it } from "vitest";
import type { AttemptRow } from "../../../convex/validators/steps";
import { segmentsOf, workIntervals } from "./bar-segments";
import { stepRow } from "./step-row.fixture";

const attempt = (number: number, fields: Partial<AttemptRow>): AttemptRow => ({
  number,
  status: "failed",
  startedAt: number * 1_000,
  endedAt: number * 1_000 + 400,
  error: null,
  input: null,
  output: null,
  ...fields,
});

describe("segmentsOf", () => {
  it("draws a completed step as one solid piece", () => {
    expect(segmentsOf(stepRow("a"), null)).toEqual([
      {
        from: 0,
        to: 1_000,
        family: "succeeded",
        pattern: "solid",
        endCap: false,
      },
    ]);
  });

  it("lets a running step grow", () => {
    const row = stepRow("a", { state: { kind: "running" }, endedAt: null });
    expect(segmentsOf(row, null)[0]).toMatchObject({
      to: null,
      pattern: "stripes",
    });
  });

  it("shows the time in the queue first", () => {
    const row = stepRow("a", { createdAt: 0, startedAt: 500 });
    expect(segmentsOf(row, null).map((s) => s.pattern)).toEqual([
      "hollow",
      "solid",
    ]);
  });

  it("shows each attempt and the backoff between them", () => {
    const row = stepRow("a", {
      state: {
        kind: "retrying",
        nextRetryAt: 9_000,
        error: { name: "E", message: "" },
      },
    });
    const segments = segmentsOf(row, [attempt(1, {}), attempt(2, {})]);
    expect(segments.map((s) => [s.from, s.to, s.pattern])).toEqual([
      [1_000, 1_400, "solid"],
      [1_400, 2_000, "dashed"],
      [2_000, 2_400, "solid"],
      [2_400, null, "dashed"],
    ]);
  });

  it("shows the backoff already after the first attempt", () => {
    const row = stepRow("a", {
      state: {
        kind: "retrying",
        nextRetryAt: 9_000,
        error: { name: "E", message: "" },
      },
      endedAt: null,
    });
    const [first, second] = segmentsOf(row, [attempt(1, {})]);
    expect(first).toMatchObject({ family: "failed", to: 1_400 });
    expect(second).toMatchObject({ family: "retrying", to: null });
  });

  it("draws a delay hatched, also when it is over", () => {
    expect(segmentsOf(stepRow("a", { kind: "delay" }), null)[0]).toMatchObject({
      pattern: "hatched",
      family: "waiting",
    });
  });

  it("draws nothing for a step that was skipped before it started", () => {
    const row = stepRow("a", { state: { kind: "skipped" }, startedAt: null });
    expect(segmentsOf(row, null)).toEqual([]);
  });
});

describe("workIntervals", () => {
  it("leaves out delays, and groups whose steps are known", () => {
    const rows = [
      stepRow("a"),
      stepRow("b", { kind: "delay" }),
      stepRow("c", { kind: "loop" }),
      stepRow("d", { kind: "loop" }),
    ];
    expect(workIntervals(rows, (key) => key === "c", 0)).toHaveLength(2);
  });
});
