/** An error whose message is one sentence for a person: what happened, where, and what to do. Printed without a stack. */
export class ExplainedError extends Error {
  name = "ExplainedError";
}

/** Prints an error the way a person wants it and returns the exit code. */
export function reportError(error) {
  const text =
    error instanceof ExplainedError ? error.message : (error?.stack ?? error);
  console.error(`\n${text}`);
  return 1;
}
