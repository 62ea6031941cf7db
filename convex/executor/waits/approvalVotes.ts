/** What people said to a question, as its step's output has it. */
import type { Doc, Id } from "../../_generated/dataModel";
import type { QueryCtx } from "../../functions";
import type { Json } from "../../language/evaluation";
import type { ApprovalVote } from "../../steps/approval";

type Approval = Doc<"approvals">;

export async function findApproval(
  ctx: QueryCtx,
  runId: Id<"workflowRuns">,
  stepKey: string,
): Promise<Approval | null> {
  return await ctx.db
    .query("approvals")
    .withIndex("by_runId_and_stepKey", (q) =>
      q.eq("runId", runId).eq("stepKey", stepKey),
    )
    .unique();
}

export function toVote({
  userId: _,
  ...vote
}: Approval["votes"][number]): ApprovalVote {
  // `decide` wrote the values.
  return { ...vote, values: JSON.parse(vote.values) as Json };
}

export async function votesOn(
  ctx: QueryCtx,
  runId: Id<"workflowRuns">,
  stepKey: string,
): Promise<ApprovalVote[]> {
  return (await findApproval(ctx, runId, stepKey))?.votes.map(toVote) ?? [];
}
