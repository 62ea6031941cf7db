import { describe, expect, it } from "vitest";
import {
  eventDetails,
  filterEvents,
  moveInList,
  type RunEventRow,
} from "./event-line";

const row = (type: string, data: object, stepKey: string | null = null) =>
  ({
    index: 0,
    at: 0,
    type,
    stepKey,
    data: JSON.stringify(data),
  }) satisfies RunEventRow;

describe("the details of an event", () => {
  it("are what its type and step do not say already", () => {
    const state = {
      kind: "failed",
      error: { name: "HttpError", message: "503" },
    };
    expect(
      eventDetails(
        row("step.failed", { type: "step", key: "a", attempt: 2, state }, "a"),
      ),
    ).toBe("attempt 2 · error HttpError: 503");
  });

  it("say who started a run as the rest of the page does", () => {
    const startedBy = { kind: "manual", label: "Ada" };
    expect(eventDetails(row("run.started", { type: "run", startedBy }))).toBe(
      "by hand · Ada",
    );
  });

  it("leave out what is null, and are empty when there is nothing", () => {
    expect(
      eventDetails(
        row("timer.fired", { type: "timer", timer: "runTimeout", key: null }),
      ),
    ).toBe("timer runTimeout");
    expect(
      eventDetails(
        row("step.completed", { type: "step", state: { kind: "completed" } }),
      ),
    ).toBe("");
  });
});

describe("the filter of events", () => {
  const events = [
    row("run.started", {}),
    row("step.began", {}, "order"),
    row("attempt.failed", { error: { message: "Timed out" } }, "order"),
  ];
  it("takes a group, a text, or both", () => {
    const types = (group: "step" | "attempt" | null, text: string) =>
      filterEvents(events, { group, text }).map(({ type }) => type);
    expect(types(null, "")).toHaveLength(3);
    expect(types("step", "")).toEqual(["step.began"]);
    expect(types(null, " ORDER ")).toEqual(["step.began", "attempt.failed"]);
    expect(types("attempt", "timed")).toEqual(["attempt.failed"]);
    expect(types("step", "timed")).toEqual([]);
  });
});

describe("arrow keys", () => {
  it("stay within the list", () => {
    expect(moveInList("ArrowUp", 0, 5)).toBe(0);
    expect(moveInList("ArrowDown", 4, 5)).toBe(4);
    expect(moveInList("End", 0, 5)).toBe(4);
    expect(moveInList("PageDown", 1, 100)).toBe(21);
    expect(moveInList("x", 0, 5)).toBeNull();
  });
});
