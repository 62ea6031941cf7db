import { describe, expect, it } from "vitest";
import { parseRange } from "./storage-routes";

describe("ranges", () => {
  it("are one part of the file", () => {
    expect(parseRange("bytes=2-4", 10)).toEqual({ start: 2, end: 5 });
    expect(parseRange("bytes=8-", 10)).toEqual({ start: 8, end: 10 });
    expect(parseRange("bytes=-3", 10)).toEqual({ start: 7, end: 10 });
    expect(parseRange("bytes=0-99", 10)).toEqual({ start: 0, end: 10 });
  });
  it("beyond the end, and several at once, cannot be satisfied", () => {
    expect(parseRange("bytes=10-12", 10)).toBe("unsatisfiable");
    expect(parseRange("bytes=0-1,3-4", 10)).toBe("unsatisfiable");
  });
  it("of other units are ignored", () => {
    expect(parseRange("lines=1-2", 10)).toBeNull();
  });
});
