/**
 * Stops JavaScript that runs for too long. Where no thread watches all regions (`watchFromOneThread`), each region costs a
 * thread, more than most handlers do; so handlers that run one after the other share one.
 */
import vm from "node:vm";
import { hasCode } from "./error-code";
import { SharedWatch } from "./shared-watch";

const WORK = "%convexWork";
const context = vm.createContext({});
const script = new vm.Script(`globalThis[${JSON.stringify(WORK)}]()`, {
  filename: "convex-runtime.js",
});
/** For this long a region is early: host code that starts now would have to last for the rest of it to be stopped. */
export const EARLY_MS = 30;

type Region = {
  startedAt: number;
  onStop: (() => void)[];
  onEnd: (() => void)[];
};

let current: () => void = () => undefined;
let region: Region | null = null;
Object.defineProperty(context, WORK, { value: () => current() });

let sharedWatch: SharedWatch | null = null;
let lastCpu = { readAt: -Infinity, ms: 0 };

/**
 * For a process that is nothing but the backend. From then on SIGINT is told to `onInterrupt`, and the process ends if that
 * thread fails.
 */
export async function watchFromOneThread(
  onInterrupt: () => void,
): Promise<void> {
  sharedWatch = await SharedWatch.start(onInterrupt);
}

/** Below this share of the limit in processor time, it was not the work that took so long. */
const STARVED_BELOW = 0.7;

/** `starved`: stopped as well, though the process was given little of that time. */
export type WatchEnd = "whole" | "stopped" | "starved";

/**
 * Unless it says `whole`, `work` was stopped: it and everything it called then ended where they were, without any `catch` or
 * `finally`. What they asked for with `whenStopped` has then been done, the latest first.
 */
export function runWatched(work: () => void, limitMs: number): WatchEnd {
  const outer = region;
  const onStop = outer?.onStop ?? [];
  const first = onStop.length;
  const onEnd = outer?.onEnd ?? [];
  const startedAt = performance.now();
  region = { startedAt, onStop, onEnd };
  current = work;
  const cpuAtStart = recentCpuMs(startedAt, limitMs);
  try {
    if (runUntil(limitMs)) return "whole";
    for (const clean of onStop.splice(first).reverse()) clean();
    return cpuMs() - cpuAtStart < limitMs * STARVED_BELOW
      ? "starved"
      : "stopped";
  } finally {
    region = outer;
    if (outer === null) for (const end of onEnd) end();
  }
}

/** False when it was stopped. */
function runUntil(limitMs: number): boolean {
  if (sharedWatch !== null) return sharedWatch.run(script, context, limitMs);
  try {
    script.runInContext(context, { timeout: Math.ceil(limitMs) });
    return true;
  } catch (error) {
    if (!hasCode(error, "ERR_SCRIPT_EXECUTION_TIMEOUT")) throw error;
    return false;
  }
}

/** Called when the outermost of the regions that are open has ended, in whichever way. */
export function atRegionEnd(end: () => void): void {
  region?.onEnd.push(end);
}

/** Inside a region that has just begun. */
export function isWatchedEarly(): boolean {
  return region !== null && performance.now() - region.startedAt < EARLY_MS;
}

/** Until the result is called, `clean` is called should the region that is open now be stopped. */
export function whenStopped(clean: () => void): () => void {
  const onStop = region?.onStop;
  onStop?.push(clean);
  return () => {
    const at = onStop?.lastIndexOf(clean) ?? -1;
    if (at !== -1) onStop?.splice(at, 1);
  };
}

/** As it was within a hundredth of `limitMs` before: to read it for each region costs more than many a region. */
function recentCpuMs(nowMs: number, limitMs: number): number {
  if (nowMs - lastCpu.readAt > limitMs / 100)
    lastCpu = { readAt: nowMs, ms: cpuMs() };
  return lastCpu.ms;
}

/** Processor time of the process so far. */
export function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
