/** Asking, and no longer asking: the half of `approvals.ts` that the flow itself needs. */
import type { Doc, Id } from "../../_generated/dataModel";
import type { MutationCtx } from "../../functions";
import type { ApprovalStep } from "../../language/graph";
import type { Begun } from "../../steps/stepBegin";
import { nodeAt } from "../flow/transitions";
import type { TurnState } from "../flow/turnState";

export type Question = Extract<Begun, { kind: "awaitApproval" }>["request"];

export function approvalAt(turn: TurnState, key: string): ApprovalStep {
  const node = nodeAt(turn.graph, key);
  if (node.kind !== "approval") throw new Error(`${key} asks nobody`);
  return node;
}

export async function askApproval(
  turn: TurnState,
  key: string,
  asked: Question,
): Promise<void> {
  const { approvers, quorum, formSchema } = approvalAt(turn, key);
  const { organizationId, _id: runId } = turn.run;
  const { title, until } = asked;
  await turn.ctx.db.insert("approvals", {
    organizationId,
    runId,
    stepKey: key,
    title,
    details: detailsText(asked),
    formSchema: formSchema === null ? null : JSON.stringify(formSchema),
    approvers,
    quorum,
    until,
    votes: [],
    outcome: null,
    decidedAt: null,
  });
}

export function detailsText({ details }: Question): string | null {
  return details === null ? null : JSON.stringify(details);
}

/** A decided one, for a run that takes it over: who decided, how and why stays to be seen. */
export async function copyApproval(
  ctx: MutationCtx,
  runId: Id<"workflowRuns">,
  { _id, _creationTime, ...fields }: Doc<"approvals">,
): Promise<void> {
  await ctx.db.insert("approvals", { ...fields, runId });
}

/** Nobody can decide any more. */
export async function withdrawApprovals(
  turn: TurnState,
  key: string,
): Promise<void> {
  const approval = await turn.ctx.db
    .query("approvals")
    .withIndex("by_runId_and_stepKey", (q) =>
      q.eq("runId", turn.run._id).eq("stepKey", key),
    )
    .unique();
  if (approval?.outcome === null) await withdraw(turn.ctx, approval);
}

/** At most `limit`; returns how many there were. */
export async function withdrawApprovalsOfRun(
  turn: TurnState,
  limit: number,
): Promise<number> {
  const open = await turn.ctx.db
    .query("approvals")
    .withIndex("by_runId_and_outcome", (q) =>
      q.eq("runId", turn.run._id).eq("outcome", null),
    )
    .take(limit);
  for (const approval of open) await withdraw(turn.ctx, approval);
  return open.length;
}

async function withdraw(
  ctx: MutationCtx,
  { _id }: Doc<"approvals">,
): Promise<void> {
  await ctx.db.patch("approvals", _id, {
    outcome: "cancelled",
    decidedAt: Date.now(),
  });
}
