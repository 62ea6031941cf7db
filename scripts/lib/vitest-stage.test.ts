import { describe, expect, it } from "vitest";
import { join } from "node:path";
import { root } from "./paths.mjs";
import { fileResult, merged, outcome } from "./vitest-stage.mjs";

const file = (path: string, passed: number, ...failures: string[]) => ({
  path,
  passed,
  failures,
});

describe("the report of a test file", () => {
  const report = (status: string, states: string[], message = "") => ({
    name: join(root, "src/a.test.ts"),
    status,
    message,
    assertionResults: states.map((state, index) => ({
      status: state,
      fullName: `test ${index}`,
    })),
  });

  it("counts what passed and names what failed", () => {
    expect(
      fileResult(report("failed", ["passed", "failed", "skipped", "passed"])),
    ).toEqual(file("src/a.test.ts", 2, "src/a.test.ts: test 1"));
  });

  it("is one failure where the file could not be loaded", () => {
    expect(fileResult(report("failed", [], "Cannot find module"))).toEqual(
      file("src/a.test.ts", 0, "src/a.test.ts: Cannot find module"),
    );
  });
});

describe("the outcome of a run", () => {
  it("fails when vitest did, although no test failed", () => {
    expect(outcome({ files: [file("a", 3)], code: 1 })).toMatchObject({
      passed: 3,
      failed: 1,
    });
  });

  it("passes with a name when the second try passed", () => {
    const first = { files: [file("a", 3), file("b", 1, "b: x")], code: 1 };
    const second = { files: [file("b", 2)], code: 0 };
    expect(outcome(...merged(first, second))).toEqual({
      passed: 5,
      failed: 0,
      failures: [],
      unsteady: ["b: x"],
    });
  });

  it("fails with what failed the second time", () => {
    const first = { files: [file("b", 1, "b: x", "b: y")], code: 1 };
    const second = { files: [file("b", 2, "b: y")], code: 1 };
    expect(outcome(...merged(first, second))).toEqual({
      passed: 2,
      failed: 1,
      failures: ["b: y"],
      unsteady: ["b: x"],
    });
  });

  it("fails when the second try did not come to its files", () => {
    const first = { files: [file("b", 1, "b: x")], code: 1 };
    expect(outcome(...merged(first, { files: [], code: 1 }))).toMatchObject({
      failed: 1,
      failures: ["b: x"],
      unsteady: [],
    });
  });
});
