import type { Json, StepError } from "../language/evaluation";
import type { ApprovalStep } from "../language/graph";
import { type Begun, failed, type StepContext } from "./stepBegin";

const MAX_TITLE = 300;
const MAX_DETAILS = 16 * 1024;

/** Title and details are made once: who decides later sees what the step saw. */
export async function beginApproval(
  step: StepContext<ApprovalStep>,
): Promise<Begun> {
  const { node, now } = step;
  let title: Json = node.title;
  if (title === null) {
    const result = await step.evaluate("title");
    if (result.kind === "failed") return result;
    title = result.value;
  }
  if (typeof title !== "string" || title.trim() === "")
    return failed("invalid_value", "title must give a text: the question.");
  let details: Json = null;
  if (node.hasDetails) {
    const result = await step.evaluate("details");
    if (result.kind === "failed") return result;
    details = result.value;
  }
  if (JSON.stringify(details).length > MAX_DETAILS)
    return failed(
      "payload_too_large",
      "The details of an approval are at most 16 KiB; show a summary.",
    );
  const until = node.timeoutMs === null ? null : now + node.timeoutMs;
  return {
    kind: "awaitApproval",
    request: { title: title.slice(0, MAX_TITLE), details, until },
  };
}

export type ApprovalVote = {
  by: string;
  approved: boolean;
  note: string;
  /** What was filled in, when the approval has a form. */
  values: Json;
  at: number;
};

export type ApprovalEnd = "approved" | "rejected" | "timeout";

/** The first rejection decides; approvals decide when there are enough. Null: others have to vote. */
export function decisionOf(
  votes: readonly { approved: boolean }[],
  quorum: number,
): "approved" | "rejected" | null {
  if (votes.some(({ approved }) => !approved)) return "rejected";
  return votes.length >= quorum ? "approved" : null;
}

export type ApprovalOutcome =
  { kind: "completed"; output: Json } | { kind: "failed"; error: StepError };

/** `values` are those of the vote that decided. */
export function approvalOutcome(
  node: ApprovalStep,
  end: ApprovalEnd,
  votes: readonly ApprovalVote[],
): ApprovalOutcome {
  const isLate = end === "timeout";
  if (isLate && node.onTimeout === "fail")
    return { kind: "failed", error: lateError(node) };
  const last = isLate ? undefined : votes.at(-1);
  return {
    kind: "completed",
    output: {
      approved: isLate ? node.onTimeout === "approve" : end === "approved",
      timedOut: isLate,
      values: last?.approved === true ? last.values : null,
      votes: shown(votes),
      ...(node.late === undefined ? {} : { result: null }),
    },
  };
}

/** Of an approval that has steps for it. */
export function lateDecision(votes: readonly ApprovalVote[]) {
  return { approved: false, timedOut: true, values: null, votes: shown(votes) };
}

function shown(votes: readonly ApprovalVote[]) {
  return votes.map(({ at, ...vote }) => ({
    ...vote,
    at: new Date(at).toISOString(),
  }));
}

function lateError({ timeoutMs }: ApprovalStep): StepError {
  const seconds = (timeoutMs ?? 0) / 1000;
  return {
    name: "TimeoutError",
    message: `Nobody decided within the step's timeout of ${seconds} s.`,
    code: "timeout",
    retryable: false,
    frames: [],
  };
}
