import { describe, expect, it } from "vitest";
import { codeHref, versionName } from "./version-name";

describe("the version of a run", () => {
  it("has a number, or is the draft that was tested", () => {
    expect(versionName(12)).toBe("v12");
    expect(versionName(0)).toBe("draft");
  });

  it("is found by its number, or as the snapshot it is", () => {
    const published = { versionNumber: 3, versionId: "x" };
    expect(codeHref("/w/flow", published)).toBe("/w/flow/code?v=3");
    expect(codeHref("/w/flow", { versionNumber: 0, versionId: "x" }, 7)).toBe(
      "/w/flow/code?snapshot=x&L=7",
    );
  });
});
