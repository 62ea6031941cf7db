/** Errors as rows keep them: short enough for lists. */
import { clip } from "../../steps/clip";
import type { ErrorSummary, StepError } from "../../validators/steps";

export function failedState(error: StepError) {
  return {
    kind: "failed",
    error: { name: error.name, message: clip(error.message, 200) },
  } as const;
}

/** A run's, as lists show it. */
export function summaryOf(
  { name, message }: StepError,
  stepKey: string | null,
): ErrorSummary {
  return { name, message: clip(message, 160), stepKey };
}

/** What rows keep: one level of cause is enough to read. */
export function storedError(error: StepError): StepError {
  const { name, code, retryable, frames, cause, http } = error;
  return {
    name,
    message: clip(error.message, 4_000),
    code,
    retryable,
    frames: frames.map(({ fn, line, column }) => ({ fn, line, column })),
    ...(http === undefined ? {} : { http }),
    ...(cause === undefined
      ? {}
      : { cause: { name: cause.name, message: clip(cause.message, 1_000) } }),
  };
}
