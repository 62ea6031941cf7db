/**
 * A replay from a step asks nobody again what was approved in the run that it replays, if it asks the same of the same
 * input on the same version. Rejections and questions that nobody answered are asked anew, as is the step that it begins at.
 */
import type { Doc } from "../../_generated/dataModel";
import { isForFailure } from "../../language/graph";
import { stepAt } from "../../model/stepReads";
import { approvalOutcome } from "../../steps/approval";
import type { RunRef } from "../../validators/runRefs";
import { applyOutcome } from "../flow/stepEnds";
import type { Work } from "../flow/transitions";
import type { TurnState } from "../flow/turnState";
import {
  approvalAt,
  copyApproval,
  detailsText,
  type Question,
} from "./approvalRequests";
import { findApproval, toVote } from "./approvalVotes";

type Approval = Doc<"approvals">;
type Run = Pick<Doc<"workflowRuns">, "replayOf" | "versionId">;

/** Runs that replay each other, looked at for one answer. */
const MAX_BACK = 10;

/** `from` is the run in which people decided. */
type Given = { approval: Approval; from: RunRef };

/** The answer that holds for this question; null when there is none. */
export async function approvalGiven(
  turn: TurnState,
  key: string,
  asked: Question,
): Promise<Given | null> {
  if (turn.run.replayOf === null || isForFailure(turn.graph, key)) return null;
  const found = await lastAsked(turn, key);
  if (found === null) return null;
  const { approval, source } = found;
  if (approval.outcome !== "approved" || !isSame(approval, asked)) return null;
  const step = await stepAt(turn.ctx, source._id, key);
  const { _id: runId, number } = source;
  return { approval, from: step?.reusedFrom ?? { runId, number } };
}

/** In the run that is replayed; when that did not come to the step, in the one which that replays. */
async function lastAsked({ ctx, run }: TurnState, key: string) {
  let at: Run = run;
  for (let back = 0; back < MAX_BACK; back++) {
    const { replayOf } = at;
    const isAnew =
      replayOf?.fromStep === undefined ||
      replayOf.fromStep === key ||
      replayOf.isEdited === true;
    if (isAnew) return null;
    const source = await ctx.db.get("workflowRuns", replayOf.runId);
    if (source?.versionId !== run.versionId) return null;
    const approval = await findApproval(ctx, source._id, key);
    if (approval !== null) return { approval, source };
    at = source;
  }
  return null;
}

function isSame({ title, details }: Approval, asked: Question): boolean {
  return title === asked.title && details === detailsText(asked);
}

/** The step completes as it did then, and shows who decided and when. */
export async function takeOverApproval(
  turn: TurnState,
  key: string,
  { approval }: Given,
): Promise<Work[]> {
  const { votes } = approval;
  await copyApproval(turn.ctx, turn.run._id, approval);
  const node = approvalAt(turn, key);
  const outcome = approvalOutcome(node, "approved", votes.map(toVote));
  return await applyOutcome(turn, key, outcome);
}
