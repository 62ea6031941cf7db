import { describe, expect, it } from "vitest";
import { vRunState } from "../../convex/validators/runs";
import { vStepState } from "../../convex/validators/steps";
import {
  FAMILY_TEXT,
  isActive,
  isTerminal,
  RUN_STATUSES,
  STATUS,
  statusOf,
} from "./run-status";

const runKinds = vRunState.members.map((member) => member.fields.kind.value);
const stepKinds = vStepState.members.map((member) => member.fields.kind.value);

describe("the status table", () => {
  it("has a row for every status a run or a step can have", () => {
    const shown = [...runKinds, ...stepKinds].filter((k) => k !== "waiting");
    for (const kind of shown) expect(STATUS).toHaveProperty(kind);
  });

  it("offers every run status as a filter", () => {
    expect([...RUN_STATUSES].sort()).toEqual([...new Set(runKinds)].sort());
  });

  it("gives every status a family with colours", () => {
    for (const look of Object.values(STATUS))
      expect(FAMILY_TEXT).toHaveProperty(look.family);
  });

  it("never shares both icon and word between two statuses", () => {
    const looks = Object.values(STATUS).map((look) => look.label);
    expect(new Set(looks).size).toBe(looks.length);
  });
});

describe("statusOf", () => {
  it("tells waiting for a delay from waiting for a retry", () => {
    const wait = { kind: "waiting", until: 1, stepKey: "a" } as const;
    expect(statusOf({ ...wait, for: "delay" })).toBe("sleeping");
    expect(statusOf({ ...wait, for: "retry" })).toBe("retrying");
    const event = { event: "order.paid", match: null };
    expect(statusOf({ ...wait, ...event, for: "event" })).toBe("listening");
    expect(statusOf({ ...wait, for: "approval", title: "?" })).toBe("deciding");
  });
});

describe("isTerminal", () => {
  it("is true for what has ended only", () => {
    expect(isTerminal({ kind: "completed" })).toBe(true);
    expect(isTerminal({ kind: "cancelled", by: "Ada" })).toBe(true);
    expect(isTerminal({ kind: "running" })).toBe(false);
    expect(isTerminal({ kind: "queued" })).toBe(false);
  });

  it("counts neither the ended nor the not started as active", () => {
    expect(isActive({ kind: "running" })).toBe(true);
    expect(isActive({ kind: "pending" })).toBe(false);
    expect(isActive({ kind: "skipped" })).toBe(false);
  });
});
