import { describe, expect, it } from "vitest";
import { openingStep, RUN_KEY } from "./opening-step";
import { stepRow } from "./step-row.fixture";

describe("openingStep", () => {
  it("is the failing step of a failed run", () => {
    const error = { name: "E", message: "no", stepKey: "notify[3]/mail" };
    expect(openingStep({ kind: "failed", error }, [])).toBe("notify[3]/mail");
  });

  it("is the run when no step is to blame", () => {
    const error = { name: "E", message: "no", stepKey: null };
    expect(openingStep({ kind: "failed", error }, [])).toBe(RUN_KEY);
  });

  it("is the newest active step of a running one", () => {
    const rows = [
      stepRow("a"),
      stepRow("b", { state: { kind: "running" }, startedAt: 5 }),
      stepRow("c", { state: { kind: "running" }, startedAt: 9 }),
      stepRow("d", { state: { kind: "pending" }, startedAt: null }),
    ];
    expect(openingStep({ kind: "running" }, rows)).toBe("c");
  });

  it("is the step that a waiting run waits in", () => {
    const state = {
      kind: "waiting",
      for: "delay",
      until: 1,
      stepKey: "z",
    } as const;
    expect(openingStep(state, [])).toBe("z");
  });

  it("is the run itself once it completed", () => {
    expect(openingStep({ kind: "completed" }, [stepRow("a")])).toBe(RUN_KEY);
  });
});
