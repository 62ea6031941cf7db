import { ConvexError } from "convex/values";

/** Every code that a function can throw or an http action can answer. */
export type ErrorCode =
  /** There is no such thing, or the caller may not see it: one answer for both. */
  | "not_found"
  /** Nobody is signed in. */
  | "not_signed_in"
  /** The caller sees it, but their role does not allow this. */
  | "forbidden"
  /** An argument is wrong; `field` names it when it is one field. */
  | "invalid_argument"
  /** The input of a run does not match the workflow's schema; `field` is the path. */
  | "invalid_input"
  | "not_published"
  | "paused"
  /** The run is over. */
  | "already_ended"
  /** A run that cannot be replayed: its workflow is gone. */
  | "workflow_removed"
  /** A replay from a step that the run has not reached. */
  | "not_reached"
  /** A replay from a step on a version whose steps before it are others; `field` is the path of the first. */
  | "incompatible_version"
  /** The thing is in a state that does not allow this any more. */
  | "conflict"
  /** An approval: somebody has decided it. */
  | "already_decided"
  /** An approval: the time to decide is over. */
  | "expired"
  | "rate_limited"
  /** The workflow has as many runs as it may have, and does not queue more. */
  | "dropped"
  /** A function that names what a limit is for failed, or gave no key. */
  | "invalid_key"
  | "payload_too_large"
  /** The deployment lacks an environment variable; the message names it. */
  | "not_configured";

export type ErrorData = {
  code: ErrorCode;
  message: string;
  field?: string;
  line?: number;
  column?: number;
  retryAfterMs?: number;
};

export type UserError = ConvexError<ErrorData>;

/** An error that a person can do something about. `message` is one sentence that says what. */
export function userError(
  code: ErrorCode,
  message: string,
  details: Omit<ErrorData, "code" | "message"> = {},
): UserError {
  return new ConvexError({ code, message, ...details });
}

export function notFound(what: string): UserError {
  return userError(
    "not_found",
    `This ${what} does not exist, or you have no access to it.`,
  );
}

/** For http actions: the data of an `UserError`, or null for a bug. */
export function errorData(error: unknown): ErrorData | null {
  if (!(error instanceof ConvexError)) return null;
  const data: unknown = error.data;
  return isErrorData(data) ? data : null;
}

function isErrorData(data: unknown): data is ErrorData {
  return (
    typeof data === "object" &&
    data !== null &&
    "code" in data &&
    "message" in data
  );
}

/** Our own mistake: an invariant does not hold. Never shown to users as it is. */
export function must<T>(value: T | null | undefined, what: string): T {
  if (value === null || value === undefined) throw new Error(`Missing ${what}`);
  return value;
}
