import type { FunctionRef, Program } from "./graph";

/** What crosses into and out of user code. */
export type Json =
  null | boolean | number | string | Json[] | { [key: string]: Json };

export type LogLevel = "debug" | "info" | "warn" | "error";
export type LogLine = { level: LogLevel; message: string };

/** What a function is called with. */
export type EvaluationScope = {
  input: unknown;
  /** Outputs by step name as the function sees them: `steps.order.body`. */
  steps: Record<string, unknown>;
  /** Only inside a loop: the innermost one's. */
  item?: unknown;
  index?: number;
  /** Only for a `while`: the result of the iteration before, or null. */
  last?: unknown;
  /** Only in `onFailure`: why the run failed, and which it is. */
  error?: FailureInScope;
  run?: { id: string; number: number; workflow: string };
  /** Only inside loops: every loop around the step, by its name. */
  loops?: Record<string, { item: unknown; index: number }>;
};

export type FailureInScope = {
  name: string;
  message: string;
  code: string;
  /** The key of the step that failed; null when it was none, such as when the run's time was up. */
  step: string | null;
  http?: { method: string; url: string; status: number | null };
  cause?: { name: string; message: string };
};

export type EvaluateRequest = {
  program: Program;
  fn: FunctionRef;
  scope: EvaluationScope;
  /** `Math.random` is a function of this alone. */
  seed: string;
  /** What the clock says, all the time. */
  nowMs: number;
};

/** `column` and `line` are 1-based, in the user's source. */
export type StackFrame = { fn: string; line: number; column: number };

export type StepErrorCode =
  | "user_error"
  | "timeout"
  | "cancelled"
  | "sandbox_limit"
  | "schema_mismatch"
  | "payload_too_large"
  | "invalid_value"
  | "missing_function"
  | "unknown_secret";

export type StepError = {
  name: string;
  message: string;
  /** A `StepErrorCode`, or one that a step kind adds (`http_status`, `network`, …). */
  code: StepErrorCode | (string & {});
  retryable: boolean;
  /** Innermost first; empty when the position is not known. */
  frames: StackFrame[];
  cause?: StepError;
};

export type EvaluateResult =
  | { kind: "ok"; value: Json; logs: LogLine[] }
  | { kind: "failed"; error: StepError; logs: LogLine[] };

export type ActionRequest = EvaluateRequest;

export type ActionFetchRequest = {
  url: string;
  method: string;
  headers: Record<string, string>;
  body: string | null;
};

export type ActionFetchResponse = {
  status: number;
  statusText: string;
  /** Where it came from after redirects. */
  url: string;
  /** Names in lower case. */
  headers: Record<string, string>;
  body: string;
};

/** What action code reaches of the world. A rejection becomes an error that the code can catch. */
export type ActionHost = {
  fetch(
    request: ActionFetchRequest,
    signal: AbortSignal,
  ): Promise<ActionFetchResponse>;
  /** The value of a secret; rejects when there is none by that name. */
  secret(name: string): Promise<string>;
  log(line: LogLine): void;
  /** More of what the action streams. */
  stream(text: string): void;
  /** Ends the action with code `cancelled` (or `timeout`, when the reason is a `TimeoutError`). */
  signal: AbortSignal;
};

/** `logs` went to the host as they were written; here they are again. */
export type ActionResult = EvaluateResult;
