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
  const hint = name === "ReferenceError" ? hintAbout(message) : "";
  const error: StepError = {
    name,
    message: message + hint,
    code: text(described["code"], "user_error"),
    retryable:
      described["code"] === undefined && described["nonRetryable"] !== true,
    frames: parseFrames(text(described["stack"], "")),
  };
  const cause = described["cause"];
  return isRecord(cause) ? { ...error, cause: toStepError(cause) } : error;
}

/** What other platforms have as globals, and what there is here instead. */
const ELSEWHERE: Record<string, string> = {
  fetch: "only an action has it, from its argument: async ({ fetch }) => …",
  secrets: "only an action has it, from its argument: async ({ secrets }) => …",
  setTimeout: "use a delay step to wait",
  setInterval: "use a loop with a delay step",
  process: "use secrets for what must not be in the source",
  require: 'a workflow is one module; only "lockstep" can be imported',
  Buffer: "use an action and a service for binary data",
  input: "a step gets it from its argument: ({ input }) => …",
  steps: "a step gets it from its argument: ({ steps }) => …",
  item: "a step in a loop gets it from its argument: ({ item }) => …",
};

function hintAbout(message: string): string {
  const name = /^'(\w+)' is not defined$/.exec(message)?.[1] ?? "";
  return Object.hasOwn(ELSEWHERE, name) ? `; ${ELSEWHERE[name]}` : "";
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
