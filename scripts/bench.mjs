/** `npm run bench [-- topic …] [--json]`: runs `bench/<topic>.bench.ts`, all of them without a topic, one after the other. */
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { ensureInstalled } from "./ensure-installed.mjs";
import { ExplainedError, reportError } from "./lib/explained-error.mjs";
import { root } from "./lib/paths.mjs";

const suffix = ".bench.ts";

function topics(argv) {
  const known = readdirSync(join(root, "bench"))
    .filter((name) => name.endsWith(suffix))
    .map((name) => name.slice(0, -suffix.length))
    .sort();
  const wanted = argv.filter((arg) => !arg.startsWith("--"));
  const unknown = wanted.find((name) => !known.includes(name));
  if (!unknown) return wanted.length > 0 ? wanted : known;
  throw new ExplainedError(
    `There is no bench "${unknown}"; the topics are ${known.join(", ")}.`,
  );
}

function main(argv) {
  ensureInstalled();
  const flags = argv.filter((arg) => arg.startsWith("--"));
  for (const topic of topics(argv)) {
    const { status } = spawnSync(
      process.execPath,
      ["--import", "tsx", `bench/${topic}${suffix}`, ...flags],
      { cwd: root, stdio: "inherit" },
    );
    if (status !== 0) return 1;
  }
  return 0;
}

try {
  process.exitCode = main(process.argv.slice(2));
} catch (error) {
  process.exitCode = reportError(error);
}
