import type { Authenticator, AuthToken } from "../auth/authenticator";
import { BackendError } from "../database/backend-error";
import type { Database } from "../database/types";
import type { FunctionCall, Identity, Runtime } from "../runtime/types";
import { type LiveQueries, Subscription } from "./live-queries";
import {
  parseClientMessage,
  transitionText,
  type AuthenticateMessage,
  type ServerMessage,
} from "./protocol";
import { Session, type CallWork, type Effect } from "./session";

export type FunctionRunner = Pick<
  Runtime,
  "runQuery" | "runMutation" | "runAction" | "runAny"
>;

/** The wire below a connection. */
export interface Channel {
  send(text: string): void;
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
  /** Runs a job now or soon, in order. */
  schedule: (job: () => void) => void;
}

/** Carries out what a `Session` decides. */
export class Connection {
  readonly #context: ConnectionContext;
  readonly #channel: Channel;
  readonly #session = new Session();
  readonly #subscriptions = new Map<number, Subscription>();
  #isDisposed = false;

  constructor(context: ConnectionContext, channel: Channel) {
    this.#context = context;
    this.#channel = channel;
  }

  get hasUnansweredMutation(): boolean {
    return this.#session.hasUnansweredMutation;
  }

  receive(text: string): void {
    try {
      const message = parseClientMessage(text);
      if (message.type === "Mutation" || message.type === "Action") {
        if (this.#endIfExpired()) return;
      }
      this.#perform(this.#session.receive(message, this.#clock()));
    } catch (error) {
      this.#perform(this.#session.fail(describe(error)));
    }
  }

  /** Call only when everything applied is on disk, so that all results belong to one timestamp. */
  sendTransition(): void {
    if (
      this.#session.isClosed ||
      this.#channel.isCongested() ||
      this.#endIfExpired()
    )
      return;
    try {
      const now = {
        ms: this.#context.now(),
        ts: this.#context.database.latestTs,
      };
      const result = this.#session.transition(now, (queryId) =>
        this.#resolve(queryId),
      );
      if (result === null) return;
      if ("failed" in result) return this.#perform(result.failed);
      this.#channel.send(transitionText(result.parts));
    } catch (error) {
      this.#perform(this.#session.fail(describe(error)));
    }
  }

  /** The channel is gone; what has not started never will. */
  dispose(): void {
    this.#isDisposed = true;
    for (const subscription of this.#subscriptions.values())
      this.#context.liveQueries.release(subscription);
    this.#subscriptions.clear();
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

  #resolve(queryId: number) {
    const subscription = this.#subscriptions.get(queryId);
    if (subscription === undefined)
      throw new Error(`query ${queryId} has no subscription`);
    return this.#context.liveQueries.resolve(
      subscription,
      this.#session.identity,
    );
  }

  #perform(effects: Effect[]): void {
    for (const effect of effects) this.#performOne(effect);
  }

  #performOne(effect: Effect): void {
    switch (effect.do) {
      case "send":
        return this.#send(effect.message);
      case "authenticate":
        return void this.#authenticate(effect.message);
      case "runMutation":
        return this.#context.schedule(
          () => void this.#runMutation(effect.call),
        );
      case "runAction":
        return void this.#runAction(effect.call);
      case "subscribe":
        this.#subscriptions.set(
          effect.queryId,
          new Subscription(effect.spec, () => this.#context.wake(this)),
        );
        return;
      case "unsubscribe":
        return this.#unsubscribe(effect.queryId);
      case "wake":
        return this.#context.wake(this);
      case "close":
        return this.#channel.close(effect.code, effect.reason);
      default:
        return effect satisfies never;
    }
  }

  #send(message: ServerMessage): void {
    this.#channel.send(JSON.stringify(message));
  }

  #unsubscribe(queryId: number): void {
    const subscription = this.#subscriptions.get(queryId);
    if (subscription !== undefined)
      this.#context.liveQueries.release(subscription);
    this.#subscriptions.delete(queryId);
  }

  async #authenticate(message: AuthenticateMessage): Promise<void> {
    try {
      const identity = await this.#context.authenticator.identify(
        authToken(message),
      );
      this.#perform(this.#session.authenticated(identity, this.#clock()));
    } catch (error) {
      this.#perform(
        this.#session.authenticationFailed(describe(error).message),
      );
    }
  }

  /** Must not write once the client may have sent the same again, in its order, over a new connection. */
  async #runMutation(work: CallWork): Promise<void> {
    if (this.#isDisposed || this.#session.isClosed) return;
    try {
      const idempotency = {
        sessionId: work.sessionId,
        requestId: work.requestId,
      };
      const outcome = await this.#context.functions.runMutation({
        ...functionCall(work),
        idempotency,
      });
      this.#perform(this.#session.mutationFinished(work.requestId, outcome));
    } catch (error) {
      this.#perform(this.#session.fail(describe(error)));
    }
  }

  async #runAction(work: CallWork): Promise<void> {
    try {
      const outcome = await this.#context.functions.runAction(
        functionCall(work),
      );
      this.#perform(this.#session.actionFinished(work.requestId, outcome));
    } catch (error) {
      this.#perform(this.#session.fail(describe(error)));
    }
  }
}

function functionCall(work: CallWork): FunctionCall {
  checkComponentReach(work.componentPath, work.identity);
  return {
    componentPath: work.componentPath,
    path: work.udfPath,
    args: work.args,
    identity: work.identity,
    caller: "SyncWorker",
    requestId: work.traceId,
    allowInternal: reachesInternal(work.identity),
  };
}

export function reachesInternal(identity: Identity): boolean {
  return identity.kind === "admin" || identity.kind === "system";
}

/** Only admins may name a component; everybody else reaches it through the app. */
export function checkComponentReach(
  componentPath: string,
  identity: Identity,
): void {
  if (componentPath === "" || reachesInternal(identity)) return;
  const text = "Functions of components can only be called with an admin key";
  throw new BackendError("Forbidden", text, { status: 403 });
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
  console.error(error);
  return {
    status: 500,
    code: "InternalServerError",
    message: "Your request couldn't be completed. Try again later.",
  };
}
