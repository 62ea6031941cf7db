/** What the outcomes of functions look like on the wire. */
import type {
  ActionOutcome,
  FunctionFailure,
  MutationOutcome,
} from "../runtime/types";
import type { LiveResult } from "./live-queries";
import type { ServerMessage } from "./protocol";
import { encodeTs } from "./timestamp-text";

export function modificationText(queryId: number, result: LiveResult): string {
  const type = result.outcome.kind === "ok" ? "QueryUpdated" : "QueryFailed";
  return `{"type":"${type}","queryId":${queryId},${result.modification}`;
}

export function mutationResponse(
  requestId: number,
  outcome: MutationOutcome,
): ServerMessage {
  if (outcome.kind === "failed") {
    return {
      type: "MutationResponse",
      ts: null,
      ...failure(requestId, outcome),
    };
  }
  const { value: result, logLines } = outcome;
  return {
    type: "MutationResponse",
    requestId,
    success: true,
    result,
    ts: encodeTs(outcome.ts),
    logLines,
  };
}

export function actionResponse(
  requestId: number,
  outcome: ActionOutcome,
): ServerMessage {
  if (outcome.kind === "failed")
    return { type: "ActionResponse", ...failure(requestId, outcome) };
  return {
    type: "ActionResponse",
    requestId,
    success: true,
    result: outcome.value,
    logLines: outcome.logLines,
  };
}

function failure(requestId: number, outcome: FunctionFailure) {
  const { errorMessage: result, errorData, logLines } = outcome;
  const base = { requestId, success: false as const, result, logLines };
  return errorData === undefined ? base : { ...base, errorData };
}
