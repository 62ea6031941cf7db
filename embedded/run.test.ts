import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const RUN = fileURLToPath(new URL("./run.mjs", import.meta.url));

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "run-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function run(source: string, ...flags: string[]) {
  const program = join(folder, "program.ts");
  writeFileSync(program, source);
  const args = [RUN, program, ...flags];
  const { stdout, stderr } = spawnSync(process.execPath, args, {
    encoding: "utf8",
  });
  return { program, stdout, stderr };
}

describe("run.mjs", () => {
  it("hands flags on as if the program had been called itself", () => {
    const { program, stdout } = run(
      "console.log(JSON.stringify(process.argv.slice(1)));",
      "--port",
      "1",
    );
    expect(JSON.parse(stdout)).toEqual([program, "--port", "1"]);
  });

  it("names the sources in stack traces", () => {
    const { program, stderr } = run(
      "type Nothing = null;\n\nfunction fail(): Nothing {\n  throw new Error('broken');\n}\nfail();\n",
    );
    expect(stderr).toContain("Error: broken");
    expect(stderr).toContain(`${program}:4:9`);
  });

  it("lets modules find files beside themselves", () => {
    const { program, stdout } = run("console.log(import.meta.url);");
    expect(stdout.trim()).toBe(pathToFileURL(program).href);
  });

  it("does not name closures as they are made", () => {
    const { stdout } = run(
      "const make = () => { const named = () => 1; return named; };\nconsole.log(String(make));",
    );
    expect(stdout).not.toContain("__name");
  });
});
