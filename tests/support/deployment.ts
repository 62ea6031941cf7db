/** A real deployment for a test or bench: the backend as a child process on free ports, and the real `convex/` folder. */
import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  ensureVariables,
  pushIfChanged,
  startBackend,
} from "../../scripts/lib/backend-process.mjs";
import { freePort } from "../../scripts/lib/ports.mjs";
import { ProcessSet } from "../../scripts/lib/processes.mjs";

export interface Deployment {
  url: string;
  siteUrl: string;
  adminKey: string;
  data: string;
  /** KiB of memory that the process has, as Linux counts them. */
  residentKib(): number;
  /** Ends the process with no chance to clean up, and starts it again on the same data and ports. */
  crash(): Promise<void>;
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** `demoPort` is a loopback port that workflows may call. */
export async function startDeployment(options: {
  demoPort: number;
}): Promise<Deployment> {
  const data = await mkdtemp(join(tmpdir(), "lockstep-data-"));
  const settings = await settingsFor(data, options.demoPort);
  const processes = new ProcessSet();
  const ignoreDeath = (): void => undefined;
  let running = await startBackend(settings, processes, ignoreDeath);
  await ensureVariables(settings, running);
  await pushIfChanged(settings, running);
  return {
    url: settings.convexUrl,
    siteUrl: settings.siteUrl,
    adminKey: running.adminKey,
    data,
    residentKib: () => residentKib(running.pid),
    crash: () => kill(running.pid),
    restart: async () => {
      running = await startBackend(settings, processes, ignoreDeath);
    },
    stop: async () => {
      await processes.stopAll();
      await rm(data, { recursive: true, force: true });
    },
  };
}

async function settingsFor(data: string, demoPort: number) {
  const convexPort = await freePort();
  const sitePort = await freePort();
  return {
    host: "127.0.0.1",
    quiet: true,
    data,
    demoPort,
    convexPort,
    sitePort,
    webUrl: "http://127.0.0.1:3000",
    convexUrl: `http://127.0.0.1:${convexPort}`,
    siteUrl: `http://127.0.0.1:${sitePort}`,
    stateFile: join(data, "start.json"),
    adminKeyFile: join(data, "admin-key"),
  };
}

export function residentKib(pid: number | undefined): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]);
}

async function kill(pid: number | undefined): Promise<void> {
  if (pid === undefined) throw new Error("the backend has no process");
  process.kill(pid, "SIGKILL");
  while (isAlive(pid)) await new Promise((done) => setTimeout(done, 10));
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
