/** The messages of the sync WebSocket, and the parser for the half that comes from outside. */
import type { JSONValue } from "convex/values";
import { z } from "zod";
import { BackendError } from "../database/backend-error";
import { isTooDeep } from "../values/json-depth";
import { decodeTs } from "./timestamp-text";

const vJson = z.custom<JSONValue>((value) => value !== undefined);
const vVersion = z.number().int().nonnegative();
const vCall = {
  requestId: z.number().int().min(0).max(0xffff_ffff),
  udfPath: z.string(),
  args: z.array(vJson).max(1),
  componentPath: z.string().optional(),
};

function parseTs(text: string, context: z.RefinementCtx): bigint {
  try {
    return decodeTs(text);
  } catch {
    context.addIssue({ code: "custom", message: "is not a timestamp" });
    return z.NEVER;
  }
}

const vModification = z.discriminatedUnion("type", [
  z.object({
    type: z.literal("Add"),
    queryId: vVersion,
    udfPath: z.string(),
    args: z.array(vJson).max(1),
    journal: z.string().nullish(),
    componentPath: z.string().optional(),
  }),
  z.object({ type: z.literal("Remove"), queryId: vVersion }),
]);

const vAuthenticate = z.object({
  type: z.literal("Authenticate"),
  baseVersion: vVersion,
  tokenType: z.enum(["Admin", "User", "None"]),
  value: z.string().optional(),
  impersonating: vJson.optional(),
  actingAs: vJson.optional(),
});

const vClientMessage = z.discriminatedUnion("type", [
  z.object({
    type: z.literal("Connect"),
    sessionId: z.string().max(200),
    connectionCount: z.number(),
    lastCloseReason: z.string().nullish(),
    maxObservedTimestamp: z.string().transform(parseTs).optional(),
    clientTs: z.number().optional(),
  }),
  vAuthenticate,
  z.object({
    type: z.literal("ModifyQuerySet"),
    baseVersion: vVersion,
    newVersion: vVersion,
    modifications: z.array(vModification),
  }),
  z.object({ type: z.literal("Mutation"), ...vCall }),
  z.object({ type: z.literal("Action"), ...vCall }),
  z.object({
    type: z.literal("Event"),
    eventType: z.string(),
    event: vJson.optional(),
  }),
]);

export type ClientMessage = z.infer<typeof vClientMessage>;
export type AuthenticateMessage = z.infer<typeof vAuthenticate>;
export type CallMessage = Extract<
  ClientMessage,
  { type: "Mutation" | "Action" }
>;

/** Throws `BackendError` `WSMessageInvalidJson` for whatever a client of this protocol would not send. */
export function parseClientMessage(text: string): ClientMessage {
  const parsed = vClientMessage.safeParse(parseJson(text));
  if (parsed.success) return parsed.data;
  throw new BackendError(
    "WSMessageInvalidJson",
    `Received Invalid JSON on websocket: ${z.prettifyError(parsed.error)}`,
  );
}

function parseJson(text: string): unknown {
  if (isTooDeep(text))
    throw new BackendError(
      "WSMessageInvalidJson",
      "Received JSON on websocket that is nested too deeply",
    );
  try {
    return JSON.parse(text);
  } catch {
    throw new BackendError(
      "WSMessageInvalidJson",
      "Received Invalid JSON on websocket",
    );
  }
}

export type StateVersion = { querySet: number; identity: number; ts: string };

type CallResponse = { requestId: number; logLines: string[] } & (
  | { success: true; result: JSONValue }
  | { success: false; result: string; errorData?: JSONValue }
);

export type ServerMessage =
  | { type: "Ping" }
  | { type: "FatalError"; error: string }
  | {
      type: "AuthError";
      error: string;
      baseVersion: number;
      authUpdateAttempted: boolean;
    }
  | (CallResponse & { type: "MutationResponse"; ts: string | null })
  | (CallResponse & { type: "ActionResponse" });

/** A Transition's modifications are kept as text: one query result is serialised once, however many share it. */
export type TransitionParts = {
  startVersion: StateVersion;
  endVersion: StateVersion;
  modifications: string[];
  clientClockSkew: number | null;
  serverTs: number;
};

export function transitionText(parts: TransitionParts): string {
  const { modifications, ...rest } = parts;
  const head = JSON.stringify({ type: "Transition", ...rest });
  return `${head.slice(0, -1)},"modifications":[${modifications.join(",")}]}`;
}
