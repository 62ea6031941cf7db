import { describe, expect, it } from "vitest";
import {
  countSteps,
  optionName,
  optionValue,
  whatChanged,
} from "./change-words";
import { orderedPair } from "./compared";

const step = {
  path: "a",
  kind: "code",
  change: "changed",
  parts: ["code", "position"],
  options: [],
  kindBefore: null,
  lines: { before: 1, after: 2 },
} as const;
const changed = { ...step, parts: [...step.parts], options: [] };

describe("the words of a comparison", () => {
  it("name options as people do", () => {
    expect(optionName("retry.maxAttempts")).toBe("retry: max attempts");
    expect(optionName("timeoutMs")).toBe("timeout");
    expect(optionValue("timeoutMs", "90000")).toBe("1 m 30 s");
    expect(optionValue("onError", '"continue"')).toBe("continue");
    expect(optionValue("timeoutMs", "null")).toBe("none");
    expect(optionValue("retryOn", "[500]")).toBe("[500]");
  });

  it("say what changed, and how much", () => {
    expect(whatChanged(changed)).toBe("code, moved");
    expect(countSteps([changed, { ...changed, change: "added" }])).toBe(
      "1 added, 1 changed",
    );
    expect(countSteps([])).toBeNull();
  });
});

describe("a pair to compare", () => {
  it("has the older one first, and the draft last", () => {
    expect(orderedPair(14, 12)).toEqual({ from: 12, to: 14 });
    expect(orderedPair("draft", 3)).toEqual({ from: 3, to: "draft" });
    expect(orderedPair(3, "draft")).toEqual({ from: 3, to: "draft" });
  });

  it("is two", () => {
    expect(orderedPair(3, 3)).toBeNull();
    expect(orderedPair(null, 3)).toBeNull();
    expect(orderedPair("draft", "draft")).toBeNull();
  });
});
