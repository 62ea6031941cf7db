import type { Authenticator, AuthToken } from "../auth/authenticator";
import { BackendError } from "../database/backend-error";
import type { Database } from "../database/types";
import type {
  FunctionCall,
  Identity,
  RequestOrigin,
  Runtime,
} from "../runtime/types";
import { serverLog } from "../telemetry/server-log";
import { checkComponentReach, reachesInternal } from "./call-reach";
import { ConnectionQueries } from "./connection-queries";
import type { LiveQueries, Wanted } from "./live-queries";
import {
  parseClientMessage,
  transitionText,
  type AuthenticateMessage,
  type ServerMessage,
} from "./protocol";
import { PendingText } from "./pending-text";
import { Session, type CallWork, type Effect } from "./session";

export type FunctionRunner = Pick<
  Runtime,
  "runQuery" | "runQueries" | "runMutation" | "runAction" | "runAny"
>;

/** The wire below a connection. */
export interface Channel {
  send(text: string): void;
  /** Perhaps in several messages. */
  sendTransition(text: string): void;
  /** Whether the peer is listened to; what it sends meanwhile stays with it. */
  setReading(isReading: boolean): void;
  close(code: number, reason: string): void;
  /** True while the peer reads too slowly: transitions are then skipped and the latest state sent later. */
  isCongested(): boolean;
}

export interface ConnectionContext {
  database: Pick<Database, "latestTs">;
  functions: FunctionRunner;
  authenticator: Authenticator;
  liveQueries: LiveQueries;
  now: () => number;
  /** Asks for `sendTransition` to be called soon, once however often it is asked. */
  wake: (connection: Connection) => void;
}

/** Who is at the other end of the wire. */
export type Peer = Pick<RequestOrigin, "ip" | "userAgent">;

/** Carries out what a `Session` decides. */
export class Connection {
  readonly #context: ConnectionContext;
  readonly #channel: Channel;
  readonly #peer: Peer;
  readonly #session = new Session();
  readonly #queries: ConnectionQueries;
  readonly #pending = new PendingText();
  /** What proved each identity, also for calls that arrived under an earlier one. */
  readonly #tokens = new WeakMap<Identity, string>();
  #isAuthenticating = false;
  #isDisposed = false;
  /** A mutation has failed for a reason of ours. It comes again over a new connection, those after it after it. */
  #isTroubled = false;
  #isDraining = false;

  constructor(
    context: ConnectionContext,
    options: { channel: Channel; peer: Peer },
  ) {
    this.#context = context;
    this.#channel = options.channel;
    this.#peer = options.peer;
    this.#queries = new ConnectionQueries(context.liveQueries, () =>
      context.wake(this),
    );
  }

  get unansweredMutations(): number {
    return this.#session.unansweredMutations;
  }

  get subscriptions(): number {
    return this.#queries.size;
  }

  /** Answers what it has been asked, takes on nothing new, and then closes. */
  drain(): void {
    this.#isDraining = true;
    this.#closeIfDrained();
  }

  receive(text: string): void {
    if (this.#isDraining) return;
    try {
      const message = parseClientMessage(text);
      if (message.type === "Mutation" || message.type === "Action") {
        if (this.#endIfExpired()) return;
        this.#pending.add(message.requestId, text.length);
      }
      this.#perform(this.#session.receive(message, this.#clock()));
    } catch (error) {
      this.#perform(this.#session.fail(describe(error)));
    }
  }

  /** What is not text of this protocol. */
  refuseBinary(): void {
    const message = "Received a binary message on websocket";
    const code = "WSMessageInvalidJson";
    this.#perform(this.#session.fail({ status: 400, code, message }));
  }

  /** The first queries, up to `limit`, whose results a Transition would lack. */
  wanted(limit: number): Wanted[] {
    if (!this.#mayTransition) return [];
    return this.#queries.wanted(this.#session.identity, limit);
  }

  get #mayTransition(): boolean {
    const isOpen = !this.#isDisposed && !this.#session.isClosed;
    return isOpen && !this.#channel.isCongested();
  }

  /**
   * Call only when everything applied is on disk, so that all results belong to one timestamp. False when its queries
   * need more time than one turn should take: then it wants to be called again.
   */
  sendTransition(): boolean {
    if (!this.#mayTransition || this.#endIfExpired()) return true;
    try {
      if (!this.#queries.executeSome(this.#session.identity)) return false;
      this.#sendWhatIsNew();
    } catch (error) {
      this.#perform(this.#session.fail(describe(error)));
    }
    this.#closeIfDrained();
    return true;
  }

  #sendWhatIsNew(): void {
    const now = {
      ms: this.#context.now(),
      ts: this.#context.database.latestTs,
    };
    const result = this.#session.transition(now, (queryId) =>
      this.#queries.resolve(queryId, this.#session.identity),
    );
    if (result === null) return;
    if ("failed" in result) return this.#perform(result.failed);
    this.#channel.sendTransition(transitionText(result.parts));
  }

  /** The channel is gone; what has not started never will. */
  dispose(): void {
    this.#isDisposed = true;
    this.#queries.clear();
  }

  #closeIfDrained(): void {
    if (this.#isDraining && this.#session.isIdle)
      this.#channel.close(1001, "ServerShutdown");
  }

  /** A peer with much unanswered is listened to again when some of that is done. */
  #answered(requestId: number): void {
    this.#pending.remove(requestId);
    this.#listenIfReady();
    this.#closeIfDrained();
  }

  #listenIfReady(): void {
    this.#channel.setReading(!this.#isAuthenticating && !this.#pending.isFull);
  }

  #clock(): { ms: number; latestTs: bigint } {
    return {
      ms: this.#context.now(),
      latestTs: this.#context.database.latestTs,
    };
  }

  #endIfExpired(): boolean {
    const effects = this.#session.expire(this.#context.now());
    if (effects === null) return false;
    this.#perform(effects);
    return true;
  }

  #perform(effects: Effect[]): void {
    for (const effect of effects) this.#performOne(effect);
    this.#listenIfReady();
  }

  #performOne(effect: Effect): void {
    switch (effect.do) {
      case "send":
        return this.#send(effect.message);
      case "authenticate":
        return void this.#authenticate(effect.message);
      case "runMutation":
        return void this.#runMutation(effect.call);
      case "runAction":
        return void this.#runAction(effect.call);
      case "subscribe":
        return this.#queries.add(effect.queryId, effect.spec);
      case "unsubscribe":
        return this.#queries.remove(effect.queryId);
      case "wake":
        return this.#context.wake(this);
      case "close":
        return this.#channel.close(effect.code, effect.reason);
      default:
        return effect satisfies never;
    }
  }

  #origin(identity: Identity): RequestOrigin {
    const authToken = this.#tokens.get(identity) ?? null;
    return { ...this.#peer, authToken, scheduledFunctionId: null };
  }

  #send(message: ServerMessage): void {
    this.#channel.send(JSON.stringify(message));
  }

  async #authenticate(message: AuthenticateMessage): Promise<void> {
    this.#isAuthenticating = true;
    const verifying = this.#context.authenticator.identify(authToken(message));
    try {
      const identity = await verifying.finally(
        () => (this.#isAuthenticating = false),
      );
      if (identity.kind === "user" && message.value !== undefined)
        this.#tokens.set(identity, message.value);
      this.#perform(this.#session.authenticated(identity, this.#clock()));
    } catch (error) {
      this.#perform(
        this.#session.authenticationFailed(describe(error).message),
      );
    }
  }

  /** Must not write once the client may have sent the same again, in its order, over a new connection. */
  async #runMutation(work: CallWork): Promise<void> {
    try {
      const idempotency = {
        sessionId: work.sessionId,
        requestId: work.requestId,
      };
      const outcome = await this.#context.functions.runMutation({
        ...functionCall(work, this.#origin(work.identity)),
        idempotency,
        isAbandoned: () =>
          this.#isDisposed || this.#isTroubled || this.#session.isClosed,
        onTrouble: () => (this.#isTroubled = true),
      });
      this.#perform(this.#session.mutationFinished(work.requestId, outcome));
    } catch (error) {
      this.#perform(this.#session.fail(describe(error)));
    }
    this.#answered(work.requestId);
  }

  async #runAction(work: CallWork): Promise<void> {
    try {
      const outcome = await this.#context.functions.runAction(
        functionCall(work, this.#origin(work.identity)),
      );
      this.#perform(this.#session.actionFinished(work.requestId, outcome));
    } catch (error) {
      this.#perform(this.#session.fail(describe(error)));
    }
    this.#answered(work.requestId);
  }
}

function functionCall(work: CallWork, origin: RequestOrigin): FunctionCall {
  checkComponentReach(work.componentPath, work.identity);
  return {
    componentPath: work.componentPath,
    path: work.udfPath,
    args: work.args,
    identity: work.identity,
    origin,
    caller: "SyncWorker",
    requestId: work.traceId,
    allowInternal: reachesInternal(work.identity),
  };
}

function authToken(message: AuthenticateMessage): AuthToken {
  const value = message.value ?? "";
  switch (message.tokenType) {
    case "None":
      return { kind: "none" };
    case "User":
      return { kind: "user", token: value };
    case "Admin": {
      const actingAs = message.impersonating ?? message.actingAs;
      return actingAs === undefined
        ? { kind: "admin", key: value }
        : { kind: "admin", key: value, actingAs };
    }
    default:
      return message.tokenType satisfies never;
  }
}

function describe(error: unknown): {
  status: number;
  code: string;
  message: string;
} {
  if (error instanceof BackendError)
    return { status: error.status, code: error.code, message: error.message };
  serverLog.error("A sync connection failed", error);
  return {
    status: 500,
    code: "InternalServerError",
    message: "Your request couldn't be completed. Try again later.",
  };
}
