/** The last lines of a run: how many specs passed on which target, and by name and reason what was skipped. */
import type { Reporter, TestCase, TestModule } from "vitest/node";
import { SKIPS } from "./skip-list";
import { TARGET } from "./target";

export default class ConformanceReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    const count = (state: string) =>
      tests.filter((test) => test.result().state === state).length;
    const counts = `${count("passed")} passed, ${count("failed")} failed, ${count("skipped")} skipped`;
    const lines = [
      `Conformance of ${TARGET}: ${counts}`,
      ...tests.flatMap(skippedLine),
      ...unknownSkips(tests),
    ];
    process.stdout.write(`\n${lines.join("\n")}\n`);
  }
}

function skippedLine(test: TestCase): string[] {
  const result = test.result();
  if (result.state !== "skipped") return [];
  return [`  skipped: ${test.fullName} (${result.note ?? "not chosen"})`];
}

/** A name in the list that belongs to no spec: somebody renamed it. */
function unknownSkips(tests: readonly TestCase[]): string[] {
  return SKIPS.filter(
    ({ spec }) => !tests.some(({ fullName }) => fullName.startsWith(spec)),
  ).map(({ spec }) => `  in the skip list, but not a spec here: ${spec}`);
}
