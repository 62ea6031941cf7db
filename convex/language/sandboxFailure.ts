import type { StepError } from "./evaluation";

/** What reading an error may cost: its getters are user code. */
export const DESCRIBE_BUDGET_MS = 50;

/** User code failed, or was stopped. */
export class SandboxFailure extends Error {
  readonly error: StepError;
  constructor(error: StepError) {
    super(error.message);
    this.error = error;
  }
}

export const UNREADABLE = limitError(
  `The code threw something that cannot be read within ${DESCRIBE_BUDGET_MS} ms.`,
);

export function tooSlow(budgetMs: number, isAction: boolean): StepError {
  const advice = isAction
    ? "without waiting for anything. Do less at once, or in several steps."
    : "Do less in one step, or move the work into an action.";
  const end = isAction ? " " : ". ";
  return limitError(`The code ran longer than ${budgetMs} ms${end}${advice}`);
}

export function crashed(): StepError {
  return limitError("The code used more stack or memory than the sandbox has.");
}

export function limitError(message: string): StepError {
  return {
    name: "SandboxLimitError",
    message,
    code: "sandbox_limit",
    retryable: false,
    frames: [],
  };
}
