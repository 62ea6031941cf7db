/** The stages of `npm test`: programs run in order, each with a count of what passed and failed. */
import { join } from "node:path";
import { ensureChromium } from "./chromium.mjs";
import { programs, root } from "./paths.mjs";
import { runToEnd } from "./processes.mjs";
import { tests } from "./vitest-stage.mjs";

/** A program that either passes or fails: it counts as one. */
function tool(name, ...commands) {
  return {
    name,
    run: async (onLine) => {
      for (const args of commands) {
        const { code } = await runToEnd({ args, onLine });
        if (code !== 0) return { passed: 0, failed: 1, failures: [name] };
      }
      return { passed: 1, failed: 0, failures: [] };
    },
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
