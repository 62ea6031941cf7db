import {
  execFile,
  spawn,
  type ChildProcessWithoutNullStreams,
} from "node:child_process";
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
const PRINTS_WITHIN_MS = 60_000;

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
    return this.runWith("", ...args);
  }

  /** With that text on its standard input. */
  runWith(input: string, ...args: string[]): Promise<CommandResult> {
    const options = {
      cwd: this.folder,
      env: this.#environment(),
      timeout: COMMAND_WITHIN_MS,
    };
    return new Promise((resolve) => {
      const child = execFile(
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
      if (input !== "") child.stdin?.end(input);
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
    const command = this.start(...args);
    try {
      return await command.printed(until);
    } finally {
      command.stop();
    }
  }

  /** A command that goes on until it is stopped. */
  start(...args: string[]): RunningCommand {
    const child = spawn(process.execPath, [CLI, ...args], {
      cwd: this.folder,
      env: this.#environment(),
    });
    return new RunningCommand(child, `convex ${args.join(" ")}`);
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

class RunningCommand {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #name: string;
  #output = "";

  constructor(child: ChildProcessWithoutNullStreams, name: string) {
    this.#child = child;
    this.#name = name;
    const read = (chunk: Buffer) => void (this.#output += chunk.toString());
    child.stdout.on("data", read);
    child.stderr.on("data", read);
  }

  /** What it has printed since the last call, once that matches. */
  printed(until: RegExp): Promise<string> {
    return new Promise((resolve, reject) => {
      const check = () => {
        if (!until.test(this.#output)) return;
        settle();
        resolve(this.#output);
        this.#output = "";
      };
      const fail = (what: string) => {
        settle();
        reject(new Error(`${this.#name} ${what}:\n${this.#output}`));
      };
      const ended = () => fail("ended");
      const timer = setTimeout(
        () => fail(`did not print ${until.source}`),
        PRINTS_WITHIN_MS,
      );
      const settle = () => {
        clearTimeout(timer);
        this.#child.stdout.off("data", check);
        this.#child.stderr.off("data", check);
        this.#child.off("exit", ended);
      };
      this.#child.stdout.on("data", check);
      this.#child.stderr.on("data", check);
      this.#child.once("exit", ended);
      check();
    });
  }

  stop(): void {
    this.#child.kill("SIGKILL");
  }
}
