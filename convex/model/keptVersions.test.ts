import { describe, expect, it } from "vitest";
import { Kept } from "./keptVersions";

describe("what is kept", () => {
  it("is given again", () => {
    const kept = new Kept<number>(10);
    kept.set("a", 1, 4);
    expect(kept.get("a")).toBe(1);
    expect(kept.get("b")).toBeUndefined();
  });

  it("gives way to what was used later when there is too much", () => {
    const kept = new Kept<number>(10);
    kept.set("a", 1, 4);
    kept.set("b", 2, 4);
    kept.get("a");
    kept.set("c", 3, 4);
    expect([kept.get("a"), kept.get("b"), kept.get("c")]).toEqual([
      1,
      undefined,
      3,
    ]);
  });

  it("does not keep what is too large by itself", () => {
    const kept = new Kept<number>(10);
    kept.set("a", 1, 11);
    expect(kept.get("a")).toBeUndefined();
  });
});
