import type { StackFrame, StepError } from "./evaluation";

/** The user's source goes by this name in stack traces. */
export const USER_FILE = "workflow.ts";

const FRAME = /^\s*at (?:(.*) )?\(?workflow\.ts:(\d+)(?::(\d+))?\)?$/;
const LIMITS = /^(out of memory|stack overflow|string too long|interrupted)/i;

/** What the SDK's `describeError` tells, as a `StepError`. Null means that not even that could be run. */
export function toStepError(described: unknown): StepError {
  if (!isRecord(described)) return outOfMemory("out of memory");
  const name = text(described["name"], "Error");
  const message = text(described["message"], "");
  if (isLimit(name, message)) return outOfMemory(message);
  const error: StepError = {
    name,
    message,
    code: text(described["code"], "user_error"),
    retryable:
      described["code"] === undefined && described["nonRetryable"] !== true,
    frames: parseFrames(text(described["stack"], "")),
  };
  const cause = described["cause"];
  return isRecord(cause) ? { ...error, cause: toStepError(cause) } : error;
}

/** Only the frames in the user's own source. */
export function parseFrames(stack: string): StackFrame[] {
  return stack.split("\n").flatMap((line) => {
    const match = FRAME.exec(line);
    if (match === null || match[3] === undefined) return [];
    const fn = match[1] ?? "";
    return [
      {
        fn: fn === "<eval>" ? "" : fn,
        line: Number(match[2]),
        column: Number(match[3]),
      },
    ];
  });
}

function isLimit(name: string, message: string): boolean {
  return (
    LIMITS.test(message) && (name === "InternalError" || name === "RangeError")
  );
}

function outOfMemory(message: string): StepError {
  return {
    name: "SandboxLimitError",
    message: message.startsWith("stack")
      ? "The code called itself too deeply (512 KiB of stack)."
      : "The code used more than 32 MiB of memory.",
    code: "sandbox_limit",
    retryable: false,
    frames: [],
  };
}

function text(value: unknown, otherwise: string): string {
  return typeof value === "string" ? value : otherwise;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
