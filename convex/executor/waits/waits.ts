/** Steps that wait for somebody or something outside: how they begin, and what they get. */
import type { Doc } from "../../_generated/dataModel";
import type { StepNode } from "../../language/graph";
import { eventData } from "../../model/events";
import { clip } from "../../steps/clip";
import type { Begun } from "../../steps/stepBegin";
import { receive } from "../../steps/waitForEvent";
import { askApproval, type Question } from "./approvalRequests";
import { approvalGiven, takeOverApproval } from "./approvalsGiven";
import { openEventWait } from "./eventWaits";
import { applyOutcome } from "../flow/stepEnds";
import { startTimer } from "../flow/timerRequests";
import { nodeAt, type Work } from "../flow/transitions";
import type { TurnState } from "../flow/turnState";

/** Begins the step. */
export async function awaitApproval(
  turn: TurnState,
  key: string,
  { node, asked }: { node: StepNode; asked: Question },
): Promise<Work[]> {
  const { title, details, until } = asked;
  const input = await turn.values.store({ title, details });
  const given = await approvalGiven(turn, key, asked);
  if (given !== null) {
    turn.addStep(key, node, { input, reusedFrom: given.from });
    return await takeOverApproval(turn, key, given);
  }
  const state = { kind: "waiting", for: "approval", title, until } as const;
  turn.addStep(key, node, { input, state });
  await askApproval(turn, key, asked);
  if (until !== null)
    await startTimer(turn, until, { kind: "waitTimeout", key });
  return [];
}

export async function awaitEvent(
  turn: TurnState,
  key: string,
  wait: Extract<Begun, { kind: "awaitEvent" }>["wait"],
): Promise<Work[]> {
  const { event, match, until } = wait;
  await turn.change(key, { input: await turn.values.store({ event, match }) });
  const earlier = await openEventWait(turn, key, { event, match });
  if (earlier !== null) return await receiveEvent(turn, key, earlier);
  const shown = match === null ? null : clip(JSON.stringify(match), 200);
  await turn.change(key, {
    state: { kind: "waiting", for: "event", event, match: shown, until },
  });
  if (until !== null)
    await startTimer(turn, until, { kind: "waitTimeout", key });
  return [];
}

/** The step that waits gets its event. */
export async function receiveEvent(
  turn: TurnState,
  key: string,
  event: Doc<"events">,
): Promise<Work[]> {
  const node = nodeAt(turn.graph, key);
  if (node.kind !== "waitForEvent")
    throw new Error(`${key} waits for no event`);
  const { _id: id, name, _creationTime: at, sentBy } = event;
  turn.log.add({ type: "event", key, eventId: id, name, sentBy });
  const data = eventData(event);
  return await applyOutcome(turn, key, receive(node, { id, name, at, data }));
}
