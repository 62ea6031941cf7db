import { describe, expect, it } from "vitest";
import type { FlowControl } from "@/convex/language/graph";
import { limitTexts } from "./limit-texts";

const NONE: FlowControl = {
  concurrency: null,
  rateLimit: null,
  debounce: null,
  idempotency: null,
  priority: 0,
};
const textsOf = (
  change: Partial<FlowControl>,
  timeoutMs: number | null = null,
) => limitTexts({ ...NONE, ...change }, { timeoutMs });

describe("what a version says about its runs", () => {
  it("is nothing when it limits nothing", () => {
    expect(limitTexts(null, { timeoutMs: null })).toEqual([]);
    expect(textsOf({})).toEqual([]);
  });

  it.each<[string, Partial<FlowControl>, string]>([
    [
      "concurrency",
      { concurrency: { limit: 1, hasKey: false, strategy: "queue" } },
      "At most 1 run at once; others wait for their turn.",
    ],
    [
      "concurrency",
      { concurrency: { limit: 20, hasKey: true, strategy: "cancel-oldest" } },
      "At most 20 runs at once for each key; another one cancels the oldest.",
    ],
    [
      "rateLimit",
      {
        rateLimit: {
          limit: 5,
          periodMs: 60_000,
          hasKey: false,
          strategy: "drop",
        },
      },
      "At most 5 runs start in any 1 m 00 s; others are not run.",
    ],
    [
      "debounce",
      { debounce: { periodMs: 5_000, maxWaitMs: 30_000, hasKey: true } },
      "One run for all triggers that come within 5 s of each other for each key, 30 s at the longest, with the input of the last.",
    ],
    [
      "idempotencyKey",
      { idempotency: { hasKey: true, windowMs: 86_400_000 } },
      "A start with the same key within 1 d 0 h gives the run that is there.",
    ],
    [
      "priority",
      { priority: -3 },
      "Runs have priority -3: higher ones start first, 0 is usual.",
    ],
  ])("has a sentence for %s", (name, change, text) => {
    expect(textsOf(change)).toEqual([{ name, text }]);
  });

  it("ends with the timeout of a run, also of one that nothing else limits", () => {
    const text = "A run fails when it takes longer than 10 m 00 s.";
    expect(limitTexts(null, { timeoutMs: 600_000 })).toEqual([
      { name: "timeout", text },
    ]);
  });
});
