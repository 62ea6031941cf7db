/**
 * Tests written for `convex-test` run unchanged on our library: here those that the official components ship. What
 * fails is listed, with the difference it comes from; one more failure, or one less, is news.
 */
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

const DIFFERENCES = {
  "errors of validation have the texts of Convex, not `Validator error`": [
    "completion callbacks through the client and scheduler rejects invalid result kinds at runtime (batch: false)",
    "completion callbacks through the client and scheduler rejects invalid result kinds at runtime (batch: true)",
    "lib enqueue rejects invalid status filters before writing any work (batch: false)",
    "lib enqueue rejects invalid status filters before writing any work (batch: true)",
  ],
  "scheduled functions are named by file: `lib.js:cancelAll`": [
    "lib cancelAll should process work items in batches for cancelAll",
    "stats generateReport should schedule calculateBacklogAndReport when backlog is large",
  ],
};

const vReport = z.object({
  numTotalTests: z.number(),
  testResults: z.array(
    z.object({
      name: z.string(),
      status: z.string(),
      assertionResults: z.array(
        z.object({ fullName: z.string(), status: z.string() }),
      ),
    }),
  ),
});
type Report = z.infer<typeof vReport>;

let folder = "";
let report: Report;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "component-suites-"));
  report = await runSuites(join(folder, "report.json"));
}, 600_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("the test suites of official components", () => {
  it("are all there", () => {
    const components = report.testResults.map(
      ({ name }) => /@convex-dev\/([^/]+)/.exec(name)?.[1],
    );
    expect([...new Set(components)].sort()).toEqual([
      ...["action-cache", "aggregate", "batch-worker", "migrations"],
      ...["rate-limiter", "workflow", "workpool"],
    ]);
    expect(report.numTotalTests).toBeGreaterThan(500);
  });

  it("pass on our library, except for the known differences", () => {
    const results = report.testResults.flatMap(
      ({ assertionResults }) => assertionResults,
    );
    const failed = results.filter(({ status }) => status === "failed");
    expect(failed.map(({ fullName }) => fullName).sort()).toEqual(
      Object.values(DIFFERENCES).flat().sort(),
    );
  });

  it("can all be loaded", () => {
    const empty = report.testResults.filter(
      ({ status, assertionResults }) =>
        status === "failed" && assertionResults.length === 0,
    );
    expect(empty.map(({ name }) => name)).toEqual([]);
  });
});

async function runSuites(outputFile: string): Promise<Report> {
  const args = [
    ...["node_modules/vitest/vitest.mjs", "run", "--reporter=json"],
    ...["--config", "tests/support/component-suites.config.ts"],
    ...["--outputFile", outputFile],
  ];
  const child = spawn(process.execPath, args, { cwd: ROOT, stdio: "ignore" });
  await new Promise((resolve) => child.once("exit", resolve));
  return vReport.parse(JSON.parse(readFileSync(outputFile, "utf8")));
}
