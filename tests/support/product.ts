/** The whole product as `npm start` starts it, on free ports with a data folder of its own. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "../../scripts/lib/ports.mjs";
import { root } from "../../scripts/lib/paths.mjs";
import { eachLine } from "../../scripts/lib/processes.mjs";

export interface Product {
  url: string;
  convexUrl: string;
  siteUrl: string;
  demoUrl: string;
  stop(): Promise<void>;
}

const startTimeoutMs = 240_000;

/**
 * The backend's port is always the same when it is free: the web build contains its address, and a kept build saves a
 * minute.
 */
export async function startProduct(): Promise<Product> {
  const data = await mkdtemp(join(tmpdir(), "lockstep-e2e-"));
  const ports = {
    PORT: await freePort(),
    CONVEX_PORT: await freePort(3310),
    CONVEX_SITE_PORT: await freePort(3311),
    DEMO_PORT: await freePort(),
  };
  const child = spawn(process.execPath, ["scripts/start.mjs"], {
    cwd: root,
    env: environment(ports, data),
    stdio: ["ignore", "pipe", "pipe"],
  });
  await untilReady(child);
  const at = (port: number): string => `http://127.0.0.1:${port}`;
  return {
    url: at(ports.PORT),
    convexUrl: at(ports.CONVEX_PORT),
    siteUrl: at(ports.CONVEX_SITE_PORT),
    demoUrl: at(ports.DEMO_PORT),
    stop: async () => {
      await end(child);
      await rm(data, { recursive: true, force: true });
    },
  };
}

function environment(
  ports: Record<string, number>,
  data: string,
): NodeJS.ProcessEnv {
  const {
    NEXT_PUBLIC_CONVEX_URL: _other,
    VITEST: _vitest,
    ...env
  } = process.env;
  return {
    ...env,
    ...Object.fromEntries(
      Object.entries(ports).map(([name, port]) => [name, String(port)]),
    ),
    LOCKSTEP_DATA: data,
    LOCKSTEP_ENV_FILE: join(data, "env.local"),
    LOCKSTEP_NEXT_DIR: ".next-e2e",
  };
}

async function untilReady(child: ChildProcess): Promise<void> {
  const lines: string[] = [];
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(
      () => fail(`not ready after ${startTimeoutMs} ms`),
      startTimeoutMs,
    );
    const fail = (why: string): void => {
      clearTimeout(timer);
      child.kill("SIGTERM");
      reject(new Error(`npm start: ${why}\n${lines.join("\n")}`));
    };
    for (const stream of [child.stdout, child.stderr]) {
      eachLine(stream, (line: string) => {
        lines.push(line);
        if (!line.startsWith("Lockstep is ready")) return;
        clearTimeout(timer);
        resolve();
      });
    }
    child.once("exit", (code) => fail(`ended with ${code}`));
  });
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const exited = once(child, "exit");
  child.kill("SIGINT");
  await exited;
}
