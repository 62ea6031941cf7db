import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { root } from "../../scripts/lib/paths.mjs";
import {
  skipReason,
  SKIPPED_FILES,
  SKIPS,
} from "../support/executor/convex-test-skips";

describe("the tests that are not run on convex-test", () => {
  it.each(SKIPS)("$file $test is there, and the list says why", (skip) => {
    const path = join(root, "convex/executor", skip.file);
    expect(existsSync(path)).toBe(true);
    expect(skip.reason.length).toBeGreaterThan(20);
    const source = readFileSync(path, "utf8");
    // Names are put together of cases, so it is the words that must be there.
    for (const word of skip.test?.split(" ") ?? [])
      expect(source).toContain(word);
  });

  it("are few, and none is listed twice", () => {
    expect(SKIPS.length).toBeLessThan(40);
    const names = SKIPS.map(({ file, test }) => `${file} ${test}`);
    expect(new Set(names).size).toBe(names.length);
    expect(SKIPPED_FILES.length).toBeLessThan(20);
  });

  it("are found by file, and by the group or the name", () => {
    const [skip] = SKIPS;
    if (skip === undefined) throw new Error("no skips");
    expect(skipReason(`/x/convex/executor/${skip.file}`, "any > name")).toBe(
      skip.reason,
    );
    expect(skipReason("/x/convex/executor/other.test.ts", "any")).toBeNull();
  });
});
