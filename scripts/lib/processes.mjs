/** Child processes that never outlive us: each has its own process group, which is ended as a whole. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { root } from "./paths.mjs";

const exitWithParent = pathToFileURL(
  join(root, "scripts/lib/exit-with-parent.mjs"),
).href;
const graceMs = 5000;

export class ProcessSet {
  #children = new Set();
  #stopping = false;

  get isStopping() {
    return this.#stopping;
  }

  /**
   * Starts a Node program. `onLine` gets each line of its output; `onExit` is called only when it ends by itself.
   * The last lines of output are kept in `child.tail`, to explain an early death.
   */
  start({ name, args, env, cwd = root, onLine = printer(name), onExit }) {
    const child = spawn(
      process.execPath,
      ["--import", exitWithParent, ...args],
      {
        cwd,
        env: {
          ...process.env,
          ...env,
          LOCKSTEP_PARENT: String(process.pid),
        },
        detached: process.platform !== "win32",
        stdio: ["ignore", "pipe", "pipe", "ipc"],
      },
    );
    child.tail = [];
    for (const stream of [child.stdout, child.stderr]) {
      eachLine(stream, (line) => {
        child.tail = [...child.tail.slice(-19), line];
        onLine(line);
      });
    }
    this.#children.add(child);
    child.once("exit", (code, signal) => {
      this.#children.delete(child);
      if (!this.#stopping) onExit?.(code ?? signal, child.tail);
    });
    return child;
  }

  /** Ends every child and waits until all are gone: a request first, then force. */
  async stopAll() {
    this.#stopping = true;
    const all = [...this.#children];
    await Promise.all(all.map(stop));
  }
}

async function stop(child) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  signalGroup(child, "SIGTERM");
  const timer = setTimeout(() => signalGroup(child, "SIGKILL"), graceMs);
  await exited;
  clearTimeout(timer);
}

function signalGroup(child, signal) {
  try {
    if (process.platform === "win32") child.kill(signal);
    else process.kill(-child.pid, signal);
  } catch (error) {
    if (error.code !== "ESRCH") throw error;
  }
}

export function eachLine(stream, onLine) {
  let rest = "";
  stream.setEncoding("utf8");
  stream.on("data", (text) => {
    const lines = (rest + text).split("\n");
    rest = lines.pop();
    for (const line of lines) onLine(line);
  });
  stream.on("end", () => rest && onLine(rest));
}

function printer(name) {
  return (line) => console.log(`[${name}] ${line}`);
}

/** Runs a Node program to its end; resolves to its exit code and everything it printed. */
export async function runToEnd({ args, env, cwd = root, onLine }) {
  const child = spawn(process.execPath, args, {
    cwd,
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const lines = [];
  for (const stream of [child.stdout, child.stderr]) {
    eachLine(stream, (line) => {
      lines.push(line);
      onLine?.(line);
    });
  }
  const [code, signal] = await once(child, "close");
  return { code: code ?? signal, lines };
}
