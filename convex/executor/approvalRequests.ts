/** Asking, and no longer asking: the half of `approvals.ts` that the flow itself needs. */
import type { Doc } from "../_generated/dataModel";
import type { MutationCtx } from "../functions";
import type { Json } from "../language/evaluation";
import { nodeAt } from "./transitions";
import type { TurnState } from "./turnState";

export async function askApproval(
  turn: TurnState,
  key: string,
  request: { title: string; details: Json; until: number | null },
): Promise<void> {
  const node = nodeAt(turn.graph, key);
  if (node.kind !== "approval") throw new Error(`${key} asks nobody`);
  const { organizationId, _id: runId } = turn.run;
  const { title, details, until } = request;
  const { approvers, quorum, formSchema } = node;
  await turn.ctx.db.insert("approvals", {
    organizationId,
    runId,
    stepKey: key,
    title,
    details: details === null ? null : JSON.stringify(details),
    formSchema: formSchema === null ? null : JSON.stringify(formSchema),
    approvers,
    quorum,
    until,
    votes: [],
    outcome: null,
    decidedAt: null,
  });
}

/** `key` null: all of the run. Nobody can decide any more. */
export async function withdrawApprovals(
  turn: TurnState,
  key: string | null,
): Promise<void> {
  for (const approval of await openApprovals(turn, key))
    await withdraw(turn.ctx, approval);
}

async function openApprovals(turn: TurnState, key: string | null) {
  const rows = await turn.ctx.db
    .query("approvals")
    .withIndex("by_runId_and_outcome", (q) =>
      q.eq("runId", turn.run._id).eq("outcome", null),
    )
    .collect();
  return rows.filter(({ stepKey }) => key === null || stepKey === key);
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
