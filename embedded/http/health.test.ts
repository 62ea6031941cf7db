import { describe, expect, it } from "vitest";
import { CommitMetrics } from "../telemetry/commit-metrics";
import { StorageError } from "../storage/storage-error";
import { Health } from "./health";

function disk() {
  const metrics = new CommitMetrics();
  const full = new StorageError("disk-full", "/secret/place is full");
  const state = { isFull: false, probes: 0, nowMs: 0 };
  const database = {
    metrics,
    probe: () => {
      state.probes += 1;
      metrics.lastFailure = state.isFull ? full : null;
      if (state.isFull) throw full;
    },
  };
  const health = new Health({ database, now: () => state.nowMs });
  return { state, metrics, full, health };
}

describe("health", () => {
  it("is asked of the disk, at most every five seconds", () => {
    const { state, health } = disk();
    for (let asked = 0; asked < 100; asked += 1) health.check();
    expect(state.probes).toBe(1);
    state.nowMs = 5000;
    state.isFull = true;
    expect(() => health.check()).toThrow(/disk is full/);
    expect(() => health.check()).not.toThrow(/secret/);
    state.isFull = false;
    state.nowMs = 10_000;
    health.check();
  });
  it("is bad at once when a commit was refused", () => {
    const { health, metrics, full } = disk();
    health.check();
    metrics.lost(full);
    expect(() => health.check()).toThrow(
      expect.objectContaining({ status: 503, code: "StorageUnavailable" }),
    );
  });
  it("is bad while the server stops", () => {
    const { health } = disk();
    health.stop();
    expect(() => health.check()).toThrow(/is stopping/);
  });
});
