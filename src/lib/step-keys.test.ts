import { describe, expect, it } from "vitest";
import {
  describeKey,
  iterationIndex,
  iterationKey,
  keyChain,
} from "./step-keys";

describe("step keys", () => {
  it("lists the ancestors of a step", () => {
    expect(keyChain("a[1]/b/c[2]/d")).toEqual([
      "a",
      "a[1]",
      "a[1]/b",
      "a[1]/b/c",
      "a[1]/b/c[2]",
      "a[1]/b/c[2]/d",
    ]);
    expect(keyChain("order")).toEqual(["order"]);
  });

  it("finds the innermost iteration", () => {
    expect(iterationIndex("a[1]/b/c[22]/d")).toBe(22);
    expect(iterationIndex("a")).toBeNull();
    expect(iterationKey("a[1]/b/c[22]/d")).toBe("a[1]/b/c[22]");
    expect(iterationKey("a/b")).toBeNull();
  });

  it("counts iterations from one for people", () => {
    expect(describeKey("notify[41]/send mail")).toBe("notify #42 › send mail");
  });
});
