import type {
  EvaluateRequest,
  EvaluateResult,
  Json,
  LogLine,
  StepError,
} from "./evaluation";
import { SandboxFailure } from "./sandboxFailure";
import { loadSandbox, type SnapshotSandbox } from "./snapshotSandbox";

export const MAX_VALUE_BYTES = 16 * 1024 * 1024;

let sandbox: SnapshotSandbox | null = null;

/** Calls a synchronous function of a program. Never throws for anything user code does. */
export async function evaluate(
  request: EvaluateRequest,
): Promise<EvaluateResult> {
  // Whatever comes between may break it, so it is asked for again after each wait.
  while (!sandbox?.isUsable()) sandbox = await loadSandbox();
  return evaluateIn(sandbox, request);
}

export function evaluateIn(
  sandbox: SnapshotSandbox,
  request: EvaluateRequest,
): EvaluateResult {
  const scope = JSON.stringify(request.scope);
  if (isTooLarge(scope)) return failed(tooLarge("The input"), []);
  try {
    return ok(sandbox.call(request, scope), sandbox.logs);
  } catch (error) {
    return failed(stepErrorOf(error), sandbox.logs);
  }
}

/** The value a function gave, or why it is not taken. */
export function ok(text: string, logs: LogLine[]): EvaluateResult {
  if (isTooLarge(text)) return failed(tooLarge("The output"), logs);
  // `toText` in the SDK wrote it: it is JSON.
  return { kind: "ok", value: JSON.parse(text) as Json, logs };
}

export function failed(error: StepError, logs: LogLine[]): EvaluateResult {
  return { kind: "failed", error, logs };
}

/** A `SandboxFailure`'s error; anything else is a bug of ours and is thrown on. */
export function stepErrorOf(error: unknown): StepError {
  if (error instanceof SandboxFailure) return error.error;
  throw error;
}

/** UTF-8 takes at most three bytes for a UTF-16 unit, so short texts need no counting. */
export function isTooLarge(text: string): boolean {
  if (text.length * 3 <= MAX_VALUE_BYTES) return false;
  if (text.length > MAX_VALUE_BYTES) return true;
  return new TextEncoder().encode(text).length > MAX_VALUE_BYTES;
}

export function tooLarge(what: string): StepError {
  return {
    name: "PayloadTooLargeError",
    message: `${what} is larger than 16 MiB. Keep large data elsewhere and pass a reference to it.`,
    code: "payload_too_large",
    retryable: false,
    frames: [],
  };
}
