/** The stages of `npm test`: programs run in order, each with a count of what passed and failed. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ensureChromium } from "./chromium.mjs";
import { programs, root } from "./paths.mjs";
import { runToEnd } from "./processes.mjs";

/** A program that either passes or fails: it counts as one. */
function tool(name, ...commands) {
  return {
    name,
    run: async (onLine) => {
      for (const args of commands) {
        const { code } = await runToEnd({ args, onLine });
        if (code !== 0) return { passed: 0, failed: 1 };
      }
      return { passed: 1, failed: 0 };
    },
  };
}

/** One or more vitest projects; each of their tests counts. */
function tests(name, projects, environment = () => ({})) {
  return {
    name,
    run: async (onLine) => {
      const env = environment();
      if (env.problem) {
        onLine(env.problem);
        return { passed: 0, failed: 1 };
      }
      return await vitest(projects, env, onLine);
    },
  };
}

async function vitest(projects, env, onLine) {
  const folder = mkdtempSync(join(tmpdir(), "lockstep-test-"));
  const report = join(folder, "report.json");
  try {
    const { code } = await runToEnd({
      args: [
        programs.vitest,
        "run",
        "--passWithNoTests",
        "--reporter=dot",
        "--reporter=json",
        `--outputFile.json=${report}`,
        ...projects.map((project) => `--project=${project}`),
      ],
      env: { VITE_CONFIG_NATIVE_IGNORE_WARNING: "true", ...env },
      onLine,
    });
    return counts(report, code);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A file that could not be loaded has no failed test of its own, and an error outside of any test only an exit code. */
export function counts(report, code) {
  if (!existsSync(report)) return { passed: 0, failed: code === 0 ? 0 : 1 };
  const result = JSON.parse(readFileSync(report, "utf8"));
  const brokenFiles = result.testResults.filter(
    (file) =>
      file.status === "failed" &&
      !file.assertionResults.some((test) => test.status === "failed"),
  ).length;
  const failed = result.numFailedTests + brokenFiles;
  return {
    passed: result.numPassedTests,
    failed: failed === 0 && code !== 0 ? 1 : failed,
  };
}

const typedFolders = ["", "convex", "embedded"]
  .map((folder) => join(root, folder, "tsconfig.json"))
  .concat(join(root, "tsconfig.tools.json"));

function browser() {
  const { path, problem } = ensureChromium();
  return problem ? { problem } : { CHROMIUM_PATH: path };
}

const fast = [
  tool("format", [programs.prettier, "--check", "--log-level=warn", "."]),
  tool("lint", [programs.eslint, "--max-warnings=0", "."]),
  tool(
    "types",
    [programs.next, "typegen"],
    ...typedFolders.map((config) => [programs.tsc, "--noEmit", "-p", config]),
  ),
  tool("dead code", [programs.knip, "--no-progress"]),
  tests("unit", ["unit"]),
];

const slow = [
  tests("executor", ["executor", "chaos"]),
  tests("convex-test", ["convex-test"]),
  tests("conformance", ["conformance"]),
  tests("end to end", ["e2e"], browser),
];

export const stages = { fast, all: [...fast, ...slow] };
