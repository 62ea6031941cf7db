/** What follows when nobody answered a wait in time, if that is steps: they are inside the step that waited. */
import type { Json } from "../../language/evaluation";
import type { ApprovalStep, WaitForEventStep } from "../../language/graph";
import { lateDecision } from "../../steps/approval";
import { childKey } from "../flow/keys";
import { completeStep, failStep } from "../flow/stepEnds";
import { countTaken } from "../flow/stepLimit";
import { nodeAt, type Work } from "../flow/transitions";
import type { TurnState } from "../flow/turnState";
import { votesOn } from "./approvalVotes";

/** The step goes on as what is around others. */
export async function enterLate(
  turn: TurnState,
  key: string,
  node: ApprovalStep | WaitForEventStep,
): Promise<Work[]> {
  await turn.change(key, { state: { kind: "running" }, branch: "onTimeout" });
  const refused = countTaken(turn, key, { node, branch: null });
  if (refused !== null) return await failStep(turn, key, refused);
  const first = node.late?.[0];
  return first === undefined
    ? await endLate(turn, key, null)
    : [{ do: "start", key: childKey(key, first.name) }];
}

/** They have ended: so does the step, with the result of the last. */
export async function endLate(
  turn: TurnState,
  key: string,
  result: Json,
): Promise<Work[]> {
  const { kind } = nodeAt(turn.graph, key);
  if (kind === "waitForEvent")
    return await completeStep(turn, key, { timedOut: true, result });
  const votes = await votesOn(turn.ctx, turn.run._id, key);
  return await completeStep(turn, key, { ...lateDecision(votes), result });
}
