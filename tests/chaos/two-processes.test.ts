import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { freePort, spawnMain, startBackend } from "../support/start-backend";

const children: ChildProcess[] = [];
afterEach(async () => {
  for (const child of children.splice(0)) await end(child);
});

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  child.kill("SIGKILL");
  await exited;
}

type Outcome = { isReady: boolean; output: string; port: number };

/** Resolves when the process is ready or has ended. */
async function start(dataFolder: string): Promise<Outcome> {
  const [port, sitePort] = [await freePort(), await freePort()];
  const flags = ["--port", String(port), "--site-port", String(sitePort)];
  const child = spawnMain([...flags, "--data", dataFolder]);
  children.push(child);
  let output = "";
  const isReady = await new Promise<boolean>((resolve) => {
    const hear = (chunk: Buffer) => {
      output += chunk.toString();
      if (output.includes("Backend ready")) resolve(true);
    };
    child.stdout?.on("data", hear);
    child.stderr?.on("data", hear);
    child.once("close", () => resolve(false));
  });
  return { isReady, output, port };
}

async function keyIsAccepted(url: string, key: string): Promise<boolean> {
  const response = await fetch(`${url}/api/v1/list_environment_variables`, {
    headers: { authorization: `Convex ${key}` },
  }).catch(() => null);
  return response?.status === 200;
}

describe("two processes on one data folder", () => {
  it("the second is refused in one sentence, the first goes on, and after a kill -9 nothing is in the way", async () => {
    const first = await startBackend();
    const second = await start(first.dataFolder);
    expect(second).toMatchObject({ isReady: false });
    expect(second.output.trim().split("\n")).toEqual([
      `The data folder ${first.dataFolder} is already open in another process; stop that process, or choose another folder.`,
    ]);
    expect(await keyIsAccepted(first.url, first.adminKey)).toBe(true);
    await first.kill();
    expect(await start(first.dataFolder)).toMatchObject({ isReady: true });
    await first.stop();
  });

  it("of several that make the folder at the same moment, one wins with the key that is in the file", async () => {
    const parent = mkdtempSync(join(tmpdir(), "two-processes-"));
    const folder = join(parent, "data");
    const outcomes = await Promise.all([1, 2, 3].map(() => start(folder)));
    const ready = outcomes.filter(({ isReady }) => isReady);
    expect(ready, outcomes.map(({ output }) => output).join()).toHaveLength(1);
    for (const { output, isReady } of outcomes)
      if (!isReady)
        expect(output).toContain(`${folder} is already open in another`);
    const key = readFileSync(join(folder, "admin-key"), "utf8").trim();
    const url = `http://127.0.0.1:${ready[0]?.port}`;
    expect(await keyIsAccepted(url, key)).toBe(true);
    rmSync(parent, { recursive: true, force: true });
  });
});
