/**
 * `npm test`: everything CI runs, in order and to the end; the last line is `N passed, N failed`. `--fast` is
 * `npm run check`. Names of stages as arguments run only those: `npm test -- unit executor`.
 */
import { ensureInstalled } from "./ensure-installed.mjs";
import { ExplainedError, reportError } from "./lib/explained-error.mjs";

function chosen(stages, argv) {
  const names = argv.filter((arg) => !arg.startsWith("--"));
  const unknown = names.find(
    (name) => !stages.all.some((stage) => stage.name === name),
  );
  if (unknown) {
    const known = stages.all.map(({ name }) => name).join(", ");
    throw new ExplainedError(
      `There is no stage "${unknown}"; the stages are ${known}.`,
    );
  }
  if (names.length > 0) {
    return stages.all.filter(({ name }) => names.includes(name));
  }
  return argv.includes("--fast") ? stages.fast : stages.all;
}

async function runStage(stage) {
  const startedAt = Date.now();
  console.log(`\n── ${stage.name}`);
  const result = await stage.run((line) => console.log(line));
  return {
    name: stage.name,
    ...result,
    seconds: (Date.now() - startedAt) / 1000,
  };
}

function summary(results) {
  console.log("\n── summary");
  for (const { name, passed, failed, seconds } of results) {
    const mark = failed === 0 ? "ok  " : "FAIL";
    const counts = `${passed} passed, ${failed} failed`.padEnd(26);
    console.log(`${mark} ${name.padEnd(12)} ${counts} ${seconds.toFixed(1)} s`);
  }
  list("Passed only on the second try", results, "unsteady");
  list("Failed", results, "failures");
}

/** Names last what to look at first: of a long output often only the end is kept. */
function list(heading, results, of) {
  const lines = results.flatMap((result) => result[of] ?? []);
  if (lines.length === 0) return;
  console.log(`\n${heading}:`);
  for (const line of lines) console.log(`  ${line}`);
}

async function main() {
  ensureInstalled();
  const { stages } = await import("./lib/stages.mjs");
  const results = [];
  for (const stage of chosen(stages, process.argv.slice(2))) {
    results.push(await runStage(stage));
  }
  summary(results);
  const total = (name) => results.reduce((sum, each) => sum + each[name], 0);
  console.log(`${total("passed")} passed, ${total("failed")} failed`);
  return total("failed") === 0 ? 0 : 1;
}

main().then(
  (code) => process.exit(code),
  (error) => process.exit(reportError(error)),
);
