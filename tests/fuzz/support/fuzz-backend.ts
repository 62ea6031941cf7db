import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bundleModules } from "../../../embedded/runtime/testing/bundle-modules";
import { freePort, spawnMain } from "../../support/start-backend";
import { SOURCES } from "./app";

export interface FuzzBackend {
  readonly url: string;
  readonly siteUrl: string;
  readonly port: number;
  readonly adminKey: string;
  readonly process: ChildProcess;
  output(): string;
  residentMegabytes(): number;
  /** The same data and ports in a new process. */
  restart(): Promise<void>;
  /** Waits for the end; resolves with the exit code. */
  exit(signal: "SIGTERM" | "SIGINT"): Promise<number | null>;
  stop(): Promise<void>;
}

/** A backend process of its own with the fuzz app pushed. */
export async function startFuzzBackend(
  environment: Record<string, string> = {},
): Promise<FuzzBackend> {
  const [port, sitePort] = [await freePort(), await freePort()];
  const data = mkdtempSync(join(tmpdir(), "fuzz-"));
  const flags = `--port ${port} --site-port ${sitePort} --data ${data}`;
  let running = await spawned(flags.split(" "), environment);
  const exit = async (signal: NodeJS.Signals) => {
    const { child } = running;
    if (child.exitCode !== null || child.signalCode !== null)
      return child.exitCode;
    const exited = once(child, "exit");
    child.kill(signal);
    await exited;
    return child.exitCode;
  };
  const backend: FuzzBackend = {
    url: `http://127.0.0.1:${port}`,
    siteUrl: `http://127.0.0.1:${sitePort}`,
    port,
    adminKey: readFileSync(join(data, "admin-key"), "utf8").trim(),
    get process() {
      return running.child;
    },
    output: () => running.output(),
    residentMegabytes: () => residentMegabytes(running.child.pid ?? 0),
    restart: async () => {
      await exit("SIGTERM");
      running = await spawned(flags.split(" "), environment);
    },
    exit,
    stop: async () => {
      await exit("SIGKILL");
      rmSync(data, { recursive: true, force: true });
    },
  };
  await push(backend);
  return backend;
}

async function spawned(flags: string[], environment: Record<string, string>) {
  const child = spawnMain(flags, environment);
  let output = "";
  await new Promise<void>((resolve, reject) => {
    const hear = (chunk: Buffer) => {
      output += chunk.toString("utf8");
      if (output.includes("Backend ready")) resolve();
    };
    child.stdout?.on("data", hear);
    child.stderr?.on("data", hear);
    child.once("exit", () => reject(new Error(`It did not start: ${output}`)));
  });
  return { child, output: () => output };
}

function residentMegabytes(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? 0) / 1024;
}

async function push({ url, adminKey }: FuzzBackend): Promise<void> {
  const post = async (route: string, body: object): Promise<unknown> => {
    const response = await fetch(`${url}/api/deploy2/${route}`, {
      method: "POST",
      body: JSON.stringify({ adminKey, dryRun: false, ...body }),
    });
    if (!response.ok) throw new Error(`${route}: ${await response.text()}`);
    return response.json();
  };
  const startPush = await post("start_push", {
    functions: "convex/",
    appDefinition: {
      definition: null,
      dependencies: [],
      schema: null,
      changedModules: await bundleModules(SOURCES),
      unchangedModuleHashes: [],
      udfServerVersion: "1.48.0",
    },
    componentDefinitions: [],
  });
  await post("finish_push", { startPush });
}
