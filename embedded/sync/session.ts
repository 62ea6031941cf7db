import { hash } from "node:crypto";
import type { JSONValue } from "convex/values";
import type {
  ActionOutcome,
  Identity,
  MutationOutcome,
} from "../runtime/types";
import type { LiveResult, QuerySpec } from "./live-queries";
import type {
  AuthenticateMessage,
  CallMessage,
  ClientMessage,
  ServerMessage,
  TransitionParts,
} from "./protocol";
import {
  actionResponse,
  modificationText,
  mutationResponse,
} from "./server-messages";
import { encodeTs } from "./timestamp-text";

const MAX_QUEUED = 1000;
const MAX_QUERIES = 20_000;

export type CallWork = {
  udfPath: string;
  componentPath: string;
  args: JSONValue;
  identity: Identity;
  requestId: number;
  sessionId: string;
  /** First 16 hex digits of sha256(`<sessionId>|<requestId>`). */
  traceId: string;
};

/** What the owner of a session has to do next, in this order. */
export type Effect =
  | { do: "send"; message: ServerMessage }
  | { do: "authenticate"; message: AuthenticateMessage }
  | { do: "runMutation" | "runAction"; call: CallWork }
  | { do: "subscribe"; queryId: number; spec: QuerySpec }
  | { do: "unsubscribe"; queryId: number }
  /** A Transition is due. */
  | { do: "wake" }
  | { do: "close"; code: number; reason: string };

type LiveQuery = { spec: QuerySpec; sent: string | null };

/**
 * The protocol of one connection as a pure state machine: messages and outcomes in, effects out. It keeps the rules of
 * the protocol: versions chain; a Transition follows every Authenticate, ModifyQuerySet, mutation and action. Mutations
 * are asked for in order of arrival, without waiting for the answers of earlier ones: their owner executes one after the
 * other, so that those which arrive together become durable together.
 */
export class Session {
  #sessionId: string | null = null;
  #identity: Identity = { kind: "none" };
  #clockSkewMs: number | null = null;
  /** What the client was last told. */
  #sent = { querySet: 0, identity: 0, ts: 0n };
  /** What it has asked for since. */
  #querySet = 0;
  #identityVersion = 0;
  #authenticating = false;
  #closed = false;
  readonly #held: { message: ClientMessage; nowMs: number }[] = [];
  readonly #queries = new Map<number, LiveQuery>();
  readonly #removed = new Set<number>();
  #unansweredMutations = 0;
  /** A Transition is expected by the client even if it says nothing new. */
  #mustAnswer = false;
  #runningActions = 0;

  get identity(): Identity {
    return this.#identity;
  }

  get unansweredMutations(): number {
    return this.#unansweredMutations;
  }

  /** True when the client waits for nothing: no call, no token, no Transition. */
  get isIdle(): boolean {
    const calls = this.#unansweredMutations + this.#runningActions;
    return calls === 0 && !this.#authenticating && !this.#mustAnswer;
  }

  get isClosed(): boolean {
    return this.#closed;
  }

  receive(
    message: ClientMessage,
    now: { ms: number; latestTs: bigint },
  ): Effect[] {
    if (this.#closed) return [];
    if (this.#sessionId === null && message.type !== "Connect")
      return this.fail(NOT_CONNECTED);
    if (this.#authenticating) return this.#hold(message, now.ms);
    switch (message.type) {
      case "Connect":
        return this.#connect(message, now);
      case "Authenticate":
        return this.#authenticate(message);
      case "ModifyQuerySet":
        return this.#modifyQuerySet(message);
      case "Mutation":
        return this.#startMutation(message);
      case "Action":
        return this.#startAction(message);
      case "Event":
        return [];
      default:
        return message satisfies never;
    }
  }

  authenticated(
    identity: Identity,
    now: { ms: number; latestTs: bigint },
  ): Effect[] {
    this.#authenticating = false;
    this.#identity = identity;
    this.#identityVersion += 1;
    this.#mustAnswer = true;
    const effects: Effect[] = [{ do: "wake" }];
    while (this.#held.length > 0 && !this.#authenticating && !this.#closed) {
      const next = this.#held.shift();
      if (next !== undefined)
        effects.push(...this.receive(next.message, { ...now, ms: next.nowMs }));
    }
    return effects;
  }

  authenticationFailed(error: string): Effect[] {
    return this.#end({
      type: "AuthError",
      error,
      baseVersion: this.#identityVersion,
      authUpdateAttempted: true,
    });
  }

  mutationFinished(requestId: number, outcome: MutationOutcome): Effect[] {
    if (this.#closed) return [];
    this.#unansweredMutations -= 1;
    if (outcome.kind === "failed" && outcome.system !== undefined)
      return this.fail(outcome.system);
    this.#mustAnswer = true;
    return [
      { do: "send", message: mutationResponse(requestId, outcome) },
      { do: "wake" },
    ];
  }

  actionFinished(requestId: number, outcome: ActionOutcome): Effect[] {
    if (this.#closed) return [];
    this.#runningActions -= 1;
    if (outcome.kind === "failed" && outcome.system !== undefined)
      return this.fail(outcome.system);
    this.#mustAnswer = true;
    return [
      { do: "send", message: actionResponse(requestId, outcome) },
      { do: "wake" },
    ];
  }

  /** An error that is not the developer's ends the connection in the way that makes clients react rightly. */
  fail(error: { status: number; code: string; message?: string }): Effect[] {
    if (error.status === 400 || error.status === 409) {
      return this.#end({
        type: "FatalError",
        error: `${error.code}: ${error.message ?? error.code}`,
      });
    }
    this.#closed = true;
    return [{ do: "close", ...closeFrame(error) }];
  }

  /** The end of the session once its token has run out (unless the next is being verified); else null. */
  expire(nowMs: number): Effect[] | null {
    if (this.#authenticating || this.#identity.kind !== "user") return null;
    if (this.#identity.expiresAtMs > nowMs) return null;
    return this.#end({
      type: "AuthError",
      error: "Convex token identity expired",
      baseVersion: this.#identityVersion,
      authUpdateAttempted: false,
    });
  }

  /**
   * The Transition to `ts`. `resolve` answers for every live query as of exactly that timestamp; unchanged results are
   * left out. Every mutation that committed by `now.ts` must have been answered. Null when nothing is new and no
   * Transition is expected, and while a token is being verified: that ends with a Transition of its own.
   */
  transition(
    now: { ms: number; ts: bigint },
    resolve: (queryId: number) => LiveResult,
  ): { parts: TransitionParts } | { failed: Effect[] } | null {
    if (this.#authenticating) return null;
    const modifications = [...this.#removed].map((queryId) =>
      JSON.stringify({ type: "QueryRemoved", queryId }),
    );
    for (const [queryId, query] of this.#queries) {
      const result = resolve(queryId);
      const { outcome } = result;
      if (outcome.kind === "failed" && outcome.system !== undefined)
        return { failed: this.fail(outcome.system) };
      query.spec.journal = outcome.journal;
      if (query.sent === result.fingerprint) continue;
      query.sent = result.fingerprint;
      modifications.push(modificationText(queryId, result));
    }
    if (modifications.length === 0 && !this.#mustAnswer) return null;
    this.#mustAnswer = false;
    return { parts: this.#advance(now, modifications) };
  }

  #advance(
    now: { ms: number; ts: bigint },
    modifications: string[],
  ): TransitionParts {
    const start = this.#sent;
    this.#sent = {
      querySet: this.#querySet,
      identity: this.#identityVersion,
      ts: now.ts,
    };
    this.#removed.clear();
    return {
      startVersion: { ...start, ts: encodeTs(start.ts) },
      endVersion: { ...this.#sent, ts: encodeTs(now.ts) },
      modifications,
      clientClockSkew: this.#clockSkewMs,
      serverTs: now.ms * 1e6,
    };
  }

  #hold(message: ClientMessage, nowMs: number): Effect[] {
    if (this.#held.length >= MAX_QUEUED)
      return this.fail({ status: 503, code: "TooManyConcurrentRequests" });
    this.#held.push({ message, nowMs });
    return [];
  }

  #connect(
    message: Extract<ClientMessage, { type: "Connect" }>,
    now: { ms: number; latestTs: bigint },
  ): Effect[] {
    if (this.#sessionId !== null)
      return this.fail({ status: 400, code: "DuplicateConnect" });
    // The client has seen a later state than this database holds: it is not the one it was.
    if ((message.maxObservedTimestamp ?? 0n) > now.latestTs)
      return this.fail(INTERNAL);
    this.#sessionId = message.sessionId;
    this.#clockSkewMs =
      message.clientTs === undefined ? null : message.clientTs - now.ms;
    return [];
  }

  #authenticate(message: AuthenticateMessage): Effect[] {
    if (message.baseVersion !== this.#identityVersion)
      return this.#versionMismatch("identity");
    this.#authenticating = true;
    return [{ do: "authenticate", message }];
  }

  #modifyQuerySet(
    message: Extract<ClientMessage, { type: "ModifyQuerySet" }>,
  ): Effect[] {
    if (
      message.baseVersion !== this.#querySet ||
      message.newVersion <= message.baseVersion
    ) {
      return this.#versionMismatch("query set");
    }
    if (this.#queries.size + message.modifications.length > MAX_QUERIES)
      return this.fail(TOO_MANY_QUERIES);
    const effects: Effect[] = [];
    for (const modification of message.modifications) {
      const known = this.#queries.has(modification.queryId);
      if (known === (modification.type === "Add")) return this.fail(INTERNAL);
      if (modification.type === "Add")
        effects.push(this.#add(modification.queryId, querySpec(modification)));
      else effects.push(this.#remove(modification.queryId));
    }
    this.#querySet = message.newVersion;
    this.#mustAnswer = true;
    return [...effects, { do: "wake" }];
  }

  #add(queryId: number, spec: QuerySpec): Effect {
    this.#queries.set(queryId, { spec, sent: null });
    return { do: "subscribe", queryId, spec };
  }

  #remove(queryId: number): Effect {
    this.#queries.delete(queryId);
    this.#removed.add(queryId);
    return { do: "unsubscribe", queryId };
  }

  #versionMismatch(what: string): Effect[] {
    return this.fail({
      status: 400,
      code: "BaseVersionMismatch",
      message: `Base version of the ${what} does not match`,
    });
  }

  #startMutation(message: CallMessage): Effect[] {
    if (this.#unansweredMutations >= MAX_QUEUED)
      return this.fail({ status: 429, code: "TooManyConcurrentMutations" });
    this.#unansweredMutations += 1;
    return [{ do: "runMutation", call: this.#call(message) }];
  }

  #startAction(message: CallMessage): Effect[] {
    if (this.#runningActions >= MAX_QUEUED)
      return this.fail({ status: 503, code: "TooManyConcurrentRequests" });
    this.#runningActions += 1;
    return [{ do: "runAction", call: this.#call(message) }];
  }

  #call(message: CallMessage): CallWork {
    const sessionId = this.#sessionId ?? "";
    return {
      udfPath: message.udfPath,
      componentPath: message.componentPath ?? "",
      args: message.args[0] ?? {},
      identity: this.#identity,
      requestId: message.requestId,
      sessionId,
      traceId: hash("sha256", `${sessionId}|${message.requestId}`).slice(0, 16),
    };
  }

  #end(message: ServerMessage): Effect[] {
    this.#closed = true;
    return [
      { do: "send", message },
      { do: "close", code: 1000, reason: message.type },
    ];
  }
}

const INTERNAL = { status: 500, code: "InternalServerError" };
/**
 * Without a session id nothing could be told from another client's. Not fatal: the official client forgets its Connect when
 * it is told to sign in anew before its socket opens, and sends it when the socket is closed and opened again.
 */
const NOT_CONNECTED = {
  status: 428,
  code: "NotConnected",
  message: "The first message must be Connect",
};
const TOO_MANY_QUERIES = {
  status: 400,
  code: "TooManyQueries",
  message: `A connection may subscribe to ${MAX_QUERIES} queries`,
};

function closeFrame(error: { status: number; code: string }): {
  code: number;
  reason: string;
} {
  if (error.status === 429 || error.status === 503)
    return { code: 1013, reason: error.code };
  if (error.status < 500) return { code: 1000, reason: error.code };
  return { code: 1011, reason: "InternalServerError" };
}

function querySpec(add: {
  udfPath: string;
  args: JSONValue[];
  journal?: string | null | undefined;
  componentPath?: string | undefined;
}): QuerySpec {
  return {
    udfPath: add.udfPath,
    args: add.args[0] ?? {},
    journal: add.journal ?? null,
    componentPath: add.componentPath ?? "",
  };
}
