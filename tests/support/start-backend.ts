import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const READY_WITHIN_MS = 30_000;

export interface RunningBackend {
  readonly url: string;
  readonly siteUrl: string;
  readonly adminKey: string;
  readonly dataFolder: string;
  /** Everything the process has printed. */
  output(): string;
  /** Dies at once, as in a power cut; `restart` brings it back on the same data and ports. */
  kill(): Promise<void>;
  restart(): Promise<void>;
  /** Ends it and removes its data. */
  stop(): Promise<void>;
}

export interface CrashableBackend extends RunningBackend {
  /** Starts it, and kills it after that time: a crash while opening. */
  startAndKill(afterMs: number): Promise<void>;
}

/** The backend as a process of its own, on free ports, with a temporary data folder. */
export async function startBackend(
  options: {
    flags?: string[];
    environment?: Record<string, string>;
    /** Where the data folder is made; the temporary folder if not given. */
    parentFolder?: string;
  } = {},
): Promise<CrashableBackend> {
  const [port, sitePort] = [await freePort(), await freePort()];
  const dataFolder = mkdtempSync(
    join(options.parentFolder ?? tmpdir(), "backend-"),
  );
  const flags = [
    ...["--port", String(port), "--site-port", String(sitePort)],
    ...["--data", dataFolder, ...(options.flags ?? [])],
  ];
  const start = () => spawnBackend(flags, options.environment ?? {});
  let process = await start();
  return {
    url: `http://127.0.0.1:${port}`,
    siteUrl: `http://127.0.0.1:${sitePort}`,
    adminKey: readFileSync(join(dataFolder, "admin-key"), "utf8").trim(),
    dataFolder,
    output: () => process.output(),
    kill: () => process.end("SIGKILL"),
    restart: async () => {
      await process.end("SIGKILL");
      process = await start();
    },
    startAndKill: async (afterMs) => {
      const child = spawnMain(flags, options.environment);
      await new Promise((resolve) => setTimeout(resolve, afterMs));
      await endProcess(child, "SIGKILL");
    },
    stop: async () => {
      await process.end("SIGTERM");
      rmSync(dataFolder, { recursive: true, force: true });
    },
  };
}

type BackendProcess = {
  output(): string;
  end(signal: "SIGKILL" | "SIGTERM"): Promise<void>;
};

async function spawnBackend(
  flags: string[],
  environment: Record<string, string>,
): Promise<BackendProcess> {
  const child = spawnMain(flags, environment);
  let output = "";
  const ready = new Promise<void>((resolve, reject) => {
    const fail = () =>
      reject(new Error(`The backend did not start:\n${output}`));
    const timer = setTimeout(fail, READY_WITHIN_MS);
    const hear = (chunk: Buffer) => {
      output += chunk.toString("utf8");
      if (output.includes("Backend ready")) resolve();
    };
    child.stdout?.on("data", hear);
    child.stderr?.on("data", hear);
    child.once("exit", fail);
    child.once("exit", () => clearTimeout(timer));
  });
  await ready;
  return { output: () => output, end: (signal) => endProcess(child, signal) };
}

/** For tests of the process itself, such as its exit codes. */
export function spawnMain(
  flags: string[],
  environment: Record<string, string> = {},
): ChildProcess {
  const args = ["embedded/run.mjs", "embedded/main.ts", ...flags];
  return spawn(process.execPath, args, {
    cwd: ROOT,
    env: { ...process.env, ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
}

async function endProcess(
  child: ChildProcess,
  signal: "SIGKILL" | "SIGTERM",
): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  child.kill(signal);
  await exited;
}

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      const port =
        typeof address === "object" && address !== null ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}
