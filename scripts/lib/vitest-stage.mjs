/** The stages that vitest runs. A file with a failure is run once more, alone: the machine may be shared and busy. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { programs, root } from "./paths.mjs";
import { runToEnd } from "./processes.mjs";

/** More files than this did not fail by chance. */
const MOST_FILES_TRIED_AGAIN = 5;

/** One or more vitest projects; each of their tests counts. `environment` may answer a `problem` instead of variables. */
export function tests(name, projects, environment = () => ({})) {
  return {
    name,
    run: async (onLine) => {
      const env = environment();
      if (!env.problem) return await twice(projects, env, onLine);
      onLine(env.problem);
      return { passed: 0, failed: 1, failures: [env.problem] };
    },
  };
}

async function twice(projects, env, onLine) {
  const first = await vitest(projects, [], env, onLine);
  const files = first.files.filter(({ failures }) => failures.length > 0);
  if (files.length === 0 || files.length > MOST_FILES_TRIED_AGAIN)
    return outcome(first);
  onLine(`Once more, alone: ${files.map(({ path }) => path).join(", ")}`);
  const paths = files.map(({ path }) => path);
  const second = await vitest(projects, paths, env, onLine);
  return outcome(...merged(first, second));
}

/** The first run with the files that the second one ran replaced, and what only the first saw fail. */
export function merged(first, second) {
  const again = new Map(second.files.map((file) => [file.path, file]));
  const files = first.files.map((file) => again.get(file.path) ?? file);
  const still = new Set(files.flatMap(({ failures }) => failures));
  const unsteady = first.files
    .flatMap(({ failures }) => failures)
    .filter((failure) => !still.has(failure));
  return [{ files, code: second.code }, unsteady];
}

/** Counts of a run. An error outside of any test shows only as the exit code. */
export function outcome({ files, code }, unsteady = []) {
  const failures = files.flatMap((file) => file.failures);
  if (failures.length === 0 && code !== 0)
    failures.push(`vitest ended with ${code}, but no test failed`);
  const passed = files.reduce((sum, file) => sum + file.passed, 0);
  return { passed, failed: failures.length, failures, unsteady };
}

async function vitest(projects, paths, env, onLine) {
  const folder = mkdtempSync(join(tmpdir(), "lockstep-test-"));
  const report = join(folder, "report.json");
  try {
    const { code } = await runToEnd({
      args: [
        programs.vitest,
        "run",
        "--passWithNoTests",
        // Only what fails is printed, with what it wrote: the rest would hide it.
        "--reporter=agent",
        "--reporter=json",
        `--outputFile.json=${report}`,
        ...projects.map((project) => `--project=${project}`),
        ...paths,
      ],
      env: { VITE_CONFIG_NATIVE_IGNORE_WARNING: "true", ...env },
      onLine,
    });
    return { files: readReport(report), code };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function readReport(report) {
  if (!existsSync(report)) return [];
  return JSON.parse(readFileSync(report, "utf8")).testResults.map(fileResult);
}

/** A file that could not be loaded has no failed test of its own. */
export function fileResult({ name, status, message, assertionResults }) {
  const path = relative(root, name);
  const of = (state) =>
    assertionResults.filter((test) => test.status === state);
  const failures = of("failed").map(({ fullName }) => `${path}: ${fullName}`);
  if (status === "failed" && failures.length === 0)
    failures.push(`${path}: ${message || "could not be run"}`);
  return { path, passed: of("passed").length, failures };
}
