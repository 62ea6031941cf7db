import { describe, expect, it } from "vitest";
import { crashRepeatedly } from "../support/crash/crash-run";
import { crashSeed } from "../support/crash/seeded-random";

describe("kill -9 at random moments under load", () => {
  it("loses nothing acknowledged, doubles nothing, leaves no halves, runs what is scheduled once and never goes back in time", async () => {
    const seed = crashSeed();
    const report = await crashRepeatedly({ kills: 10, seed });
    expect(report.problems, `repeat with CRASH_SEED=${seed}`).toEqual([]);
    expect(report.kills).toBeGreaterThanOrEqual(10);
    expect(report.acknowledged).toBeGreaterThan(100);
  });
});
