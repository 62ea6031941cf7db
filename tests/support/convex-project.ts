import { execFile, spawn } from "node:child_process";
import {
  cpSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { RunningBackend } from "./start-backend";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const CLI = join(ROOT, "node_modules/convex/bin/main.js");
const COMMAND_WITHIN_MS = 90_000;

type Target = Pick<RunningBackend, "url" | "adminKey">;
export type CommandResult = { code: number; output: string };

/** A copy of a Convex project, driven by the unmodified command line against `backend`. */
export class ConvexProject {
  readonly folder: string;
  readonly #backend: Target;

  constructor(source: string, backend: Target) {
    this.#backend = backend;
    this.folder = mkdtempSync(join(tmpdir(), "convex-project-"));
    cpSync(source, this.folder, { recursive: true });
    symlinkSync(join(ROOT, "node_modules"), join(this.folder, "node_modules"));
  }

  /** Resolves also when the command fails. */
  run(...args: string[]): Promise<CommandResult> {
    const options = {
      cwd: this.folder,
      env: this.#environment(),
      timeout: COMMAND_WITHIN_MS,
    };
    return new Promise((resolve) => {
      execFile(
        process.execPath,
        [CLI, ...args],
        options,
        (error, stdout, stderr) => {
          const code =
            typeof error?.code === "number"
              ? error.code
              : error === null
                ? 0
                : 1;
          resolve({ code, output: stdout + stderr });
        },
      );
    });
  }

  /** Throws with what the command printed when it fails. */
  async succeed(...args: string[]): Promise<string> {
    const { code, output } = await this.run(...args);
    if (code !== 0)
      throw new Error(`convex ${args.join(" ")} failed:\n${output}`);
    return output;
  }

  /** For commands that never end by themselves: stops once the output matches, and gives it. */
  async watch(args: string[], until: RegExp): Promise<string> {
    const child = spawn(process.execPath, [CLI, ...args], {
      cwd: this.folder,
      env: this.#environment(),
    });
    try {
      return await new Promise((resolve, reject) => {
        let output = "";
        const read = (chunk: Buffer) => {
          output += chunk.toString();
          if (until.test(output)) resolve(output);
        };
        child.stdout.on("data", read);
        child.stderr.on("data", read);
        child.once("exit", () =>
          reject(new Error(`convex ${args.join(" ")} ended:\n${output}`)),
        );
      });
    } finally {
      child.kill("SIGKILL");
    }
  }

  #environment(): NodeJS.ProcessEnv {
    return {
      ...process.env,
      CI: "1",
      CONVEX_SELF_HOSTED_URL: this.#backend.url,
      CONVEX_SELF_HOSTED_ADMIN_KEY: this.#backend.adminKey,
    };
  }

  edit(file: string, change: (text: string) => string): void {
    const path = join(this.folder, file);
    writeFileSync(path, change(readFileSync(path, "utf8")));
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
