/**
 * Stops JavaScript that runs for too long. Starting a watchdog costs a thread, more than most handlers do, so handlers
 * that run one after the other share one.
 */
import vm from "node:vm";

const WORK = "%convexWork";
const context = vm.createContext({});
const script = new vm.Script(`globalThis[${JSON.stringify(WORK)}]()`, {
  filename: "convex-runtime.js",
});
let current: () => void = () => undefined;
Object.defineProperty(context, WORK, { value: () => current() });

/**
 * False when `work` was stopped: it and everything it called then ended where they were, without any `catch` or
 * `finally`, so what they leave behind is the caller's to put right.
 */
export function runWatched(work: () => void, limitMs: number): boolean {
  current = work;
  try {
    script.runInContext(context, { timeout: Math.ceil(limitMs) });
    return true;
  } catch (error) {
    if (isTimeout(error)) return false;
    throw error;
  }
}

function isTimeout(error: unknown): boolean {
  return (
    typeof error === "object" &&
    error !== null &&
    "code" in error &&
    error.code === "ERR_SCRIPT_EXECUTION_TIMEOUT"
  );
}
