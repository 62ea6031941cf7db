import { describe, expect, it } from "vitest";
import { countErrors, mergeProblems, type Diagnostic } from "./problems";

const at = (
  line: number,
  severity: Diagnostic["severity"] = "error",
): Diagnostic => ({
  severity,
  message: `at ${line}`,
  line,
  column: 1,
  endLine: line,
  endColumn: 2,
});

describe("mergeProblems", () => {
  it("orders by position, errors before warnings, and keeps who found them", () => {
    const merged = mergeProblems(
      [{ ...at(3), source: "typescript" }],
      [at(3, "warning"), at(1)],
    );
    expect(
      merged.map(({ line, severity, source }) => [line, severity, source]),
    ).toEqual([
      [1, "error", "lockstep"],
      [3, "error", "typescript"],
      [3, "warning", "lockstep"],
    ]);
  });
});

describe("countErrors", () => {
  it("does not count warnings", () => {
    expect(countErrors(mergeProblems([], [at(1), at(2, "warning")]))).toBe(1);
  });
});
