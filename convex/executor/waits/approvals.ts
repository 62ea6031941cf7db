/** Writer of `approvals`: questions that runs ask people. A decision and the turn that it leads to are one transaction. */
import type { Doc } from "../../_generated/dataModel";
import { must, userError } from "../../errors";
import type { MutationCtx } from "../../functions";
import type { Json } from "../../language/evaluation";
import type { ApprovalStep } from "../../language/graph";
import { validateJson } from "../../language/jsonSchema";
import type { Access } from "../../model/access";
import { approvalOutcome, decisionOf } from "../../steps/approval";
import { applyOutcome } from "../flow/stepEnds";
import { loadTurn, takeTurn } from "../flow/turn";
import type { TurnState } from "../flow/turnState";
import { approvalAt } from "./approvalRequests";
import { findApproval, toVote } from "./approvalVotes";
import { enterLate } from "./lateSteps";

type Approval = Doc<"approvals">;
type Vote = { approved: boolean; note: string; values: Json };

/** Why this person may not decide, as a sentence; null when they may. */
export function refusalOf(
  approval: Approval,
  person: Pick<Access, "role" | "email">,
): string | null {
  const { approvers } = approval;
  if (approvers === null) return null;
  const { role, email } = person;
  const isNamed =
    approvers.includes(role) ||
    (email !== null && approvers.includes(email.toLowerCase()));
  return isNamed ? null : `Only ${approvers.join(", ")} may decide this.`;
}

/** Writes a vote; when it decides, the run goes on in the same transaction. */
export async function decide(
  ctx: MutationCtx,
  approval: Approval,
  { person, vote }: { person: Access; vote: Vote },
): Promise<Approval["outcome"]> {
  const now = Date.now();
  requireUndecided(approval, { person, now });
  const turn = await loadTurn(ctx, approval.runId);
  if (turn === null)
    throw userError("already_ended", "The run has already ended.");
  const node = approvalAt(turn, approval.stepKey);
  const values = vote.approved ? checkedValues(node, vote.values) : null;
  const { userId, name: by } = person;
  const votes = [
    ...approval.votes,
    { ...vote, userId, by, at: now, values: JSON.stringify(values) },
  ];
  const outcome = decisionOf(votes, approval.quorum);
  const decidedAt = outcome === null ? null : now;
  const decision = { votes, outcome, decidedAt };
  await ctx.db.patch("approvals", approval._id, decision);
  const did = vote.approved ? "approve" : "reject";
  turn.log.add({ type: "person", did, by, key: approval.stepKey });
  if (outcome === null) {
    await turn.flush();
    return null;
  }
  const result = approvalOutcome(node, outcome, votes.map(toVote));
  await takeTurn(turn, await applyOutcome(turn, approval.stepKey, result));
  return outcome;
}

function requireUndecided(
  { outcome, until, votes }: Approval,
  { person, now }: { person: Access; now: number },
): void {
  if (outcome === "cancelled")
    throw userError("already_ended", "The run no longer asks this.");
  if (outcome === "timeout" || (until !== null && until <= now))
    throw userError("expired", "The time to decide this is over.");
  if (outcome !== null)
    throw userError(
      "already_decided",
      `This was ${outcome} by ${votes.at(-1)?.by ?? "somebody"} already.`,
    );
  if (votes.some(({ userId }) => userId === person.userId))
    throw userError(
      "already_decided",
      "You have approved this already; others have to approve it too.",
    );
}

function checkedValues({ formSchema }: ApprovalStep, values: Json): Json {
  if (formSchema === null) return null;
  const result = validateJson(formSchema, values ?? {}, "values");
  if (result.ok) return result.value;
  const issue = result.issues[0];
  throw userError(
    "invalid_input",
    issue?.message ?? "The values do not match the form.",
    { field: issue?.path ?? "values" },
  );
}

/** The time to decide is over: what then is the step's to say. */
export async function endApproval(turn: TurnState, key: string): Promise<void> {
  const approval = must(
    await findApproval(turn.ctx, turn.run._id, key),
    `approval ${key} of run ${turn.run._id}`,
  );
  if (approval.outcome !== null) return;
  await turn.ctx.db.patch("approvals", approval._id, {
    outcome: "timeout",
    decidedAt: Date.now(),
  });
  const node = approvalAt(turn, key);
  if (node.late !== undefined)
    return await takeTurn(turn, await enterLate(turn, key, node));
  const votes = approval.votes.map(toVote);
  const result = approvalOutcome(node, "timeout", votes);
  await takeTurn(turn, await applyOutcome(turn, key, result));
}
