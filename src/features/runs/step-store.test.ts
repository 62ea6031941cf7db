import { beforeEach, describe, expect, it, vi } from "vitest";
import { stepRow } from "./step-row.fixture";
import { StepStore } from "./step-store";

describe("the step store", () => {
  beforeEach(() => {
    vi.useFakeTimers();
    return () => vi.useRealTimers();
  });

  it("keeps the identity of a row that did not change", () => {
    const store = new StepStore();
    store.setRoot([stepRow("a"), stepRow("b")]);
    store.flush();
    const before = store.getSnapshot();
    store.setRoot([stepRow("a"), stepRow("b", { attempt: 2 })]);
    store.flush();
    const after = store.getSnapshot();
    expect(after.rowOf("a")).toBe(before.rowOf("a"));
    expect(after.rowOf("b")).not.toBe(before.rowOf("b"));
  });

  it("tells its readers at most four times a second", () => {
    const store = new StepStore();
    const listener = vi.fn();
    store.subscribe(listener);
    for (let i = 0; i < 100; i += 1) {
      store.setRoot([stepRow("a", { attempt: i })]);
      vi.advanceTimersByTime(10);
    }
    expect(listener.mock.calls.length).toBeLessThanOrEqual(5);
    vi.advanceTimersByTime(250);
    expect(store.getSnapshot().rowOf("a")?.attempt).toBe(99);
  });

  it("knows the rows of loaded children, and forgets them", () => {
    const store = new StepStore();
    const rows = [stepRow("a[0]", { parentKey: "a" })];
    store.setChildren("a", { rows, status: "complete" });
    store.flush();
    expect(store.getSnapshot().rowOf("a[0]")).toEqual(rows[0]);
    store.dropChildren("a");
    store.flush();
    expect(store.getSnapshot().rowOf("a[0]")).toBeUndefined();
  });
});
