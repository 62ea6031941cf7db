import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { WebSocketServer, type RawData, type WebSocket } from "ws";
import { BackendError } from "../database/backend-error";
import type { Authenticator } from "../auth/authenticator";
import type { Database } from "../database/types";
import type { FunctionCall, Identity } from "../runtime/types";
import { checkComponentReach, reachesInternal } from "./call-reach";
import { Connection, type FunctionRunner, type Peer } from "./connection";
import { LiveQueries, type QuerySpec } from "./live-queries";
import { refuseUpgrade } from "./refuse-upgrade";
import { SocketChannel, type Outbox } from "./socket-channel";
import { takesChunks } from "./transition-chunks";

const MAX_MESSAGE_BYTES = 32 * 1024 * 1024;
const MAX_SESSIONS = 10_000;
/** After so long the others wait for the next turn of the event loop. */
const MAX_MS_PER_TURN = 25;
/** Of the queries that share a watchdog: their time, and how many of one connection. */
const MAX_MS_TOGETHER = 10;
const MAX_TOGETHER = 16;
const PATH = /^\/api(?:\/([^/]+))?\/sync$/;
const VERSION = /^\d+\.\d+\.\d+(?:-[\w.-]+)?$/;

/** Open connections and what they keep busy. */
export type SyncLoad = {
  sessions: number;
  subscriptions: number;
  liveQueries: number;
  executions: number;
  cacheHits: number;
  unansweredMutations: number;
  unsentBytes: number;
};

type Options = {
  database: Database;
  functions: FunctionRunner;
  authenticator: Authenticator;
  now: () => number;
  newRequestId: () => string;
};

type Client = { version: string | null; peer: Peer };

/** All connections, and the loop that tells them of commits. */
export class SyncServer {
  readonly #options: Options;
  readonly #sockets = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_MESSAGE_BYTES,
  });
  readonly #liveQueries: LiveQueries;
  readonly #connections = new Set<Connection>();
  readonly #outbox: Outbox = { unsentBytes: 0 };
  readonly #due = new Set<Connection>();
  readonly #stopListening: () => void;
  #scheduled = false;

  constructor(options: Options) {
    this.#options = options;
    this.#sockets.on("wsClientError", (error, socket) =>
      refuseUpgrade(socket, {
        status: 400,
        code: "BadHandshake",
        message: error.message,
      }),
    );
    this.#liveQueries = new LiveQueries((spec, identity) =>
      this.#runQuery(spec, identity),
    );
    this.#stopListening = options.database.onCommit((commit) =>
      this.#liveQueries.applyCommit(commit),
    );
  }

  upgrade(
    request: IncomingMessage,
    socket: Duplex,
    { head, peer }: { head: Buffer; peer: Peer },
  ): void {
    try {
      const [path = ""] = (request.url ?? "").split("?");
      const client = { version: clientVersion(path), peer };
      if (this.#sockets.clients.size >= MAX_SESSIONS) throw tooManySessions();
      this.#sockets.handleUpgrade(request, socket, head, (webSocket) =>
        this.#accept(webSocket, client),
      );
    } catch (error) {
      if (!(error instanceof BackendError)) throw error;
      refuseUpgrade(socket, error);
    }
  }

  load(): SyncLoad {
    const connections = [...this.#connections];
    const total = (count: (connection: Connection) => number) =>
      connections.reduce((sum, connection) => sum + count(connection), 0);
    return {
      sessions: connections.length,
      subscriptions: total((connection) => connection.subscriptions),
      liveQueries: this.#liveQueries.size,
      executions: this.#liveQueries.executions,
      cacheHits: this.#liveQueries.cacheHits,
      unansweredMutations: total(
        (connection) => connection.unansweredMutations,
      ),
      unsentBytes: this.#outbox.unsentBytes,
    };
  }

  /** After a push every result may differ. */
  codeChanged(): void {
    this.#liveQueries.discardAll();
  }

  /** Resolves when every client has been answered and has gone. */
  async drain(): Promise<void> {
    const gone = [...this.#sockets.clients].map(
      (socket) =>
        new Promise<void>((resolve) => socket.once("close", () => resolve())),
    );
    this.#sockets.close();
    for (const connection of [...this.#connections]) connection.drain();
    await Promise.all(gone);
  }

  /** For clients that do not answer the closing handshake. */
  terminate(): void {
    this.#stopListening();
    for (const socket of this.#sockets.clients) socket.terminate();
  }

  #accept(webSocket: WebSocket, client: Client): void {
    const channel = new SocketChannel(webSocket, {
      outbox: this.#outbox,
      takesChunks: takesChunks(client.version),
      onDrained: () => this.#wake(connection),
    });
    const connection = new Connection(this.#connectionContext(), {
      channel,
      peer: client.peer,
    });
    this.#connections.add(connection);
    webSocket.on("message", (data, isBinary) => {
      channel.heard();
      if (isBinary) connection.refuseBinary();
      else connection.receive(textOf(data));
    });
    webSocket.on("pong", () => channel.heard());
    webSocket.on("error", () => webSocket.terminate());
    webSocket.on("close", () => {
      channel.stop();
      this.#due.delete(connection);
      this.#connections.delete(connection);
      connection.dispose();
    });
  }

  #connectionContext() {
    const { database, functions, authenticator, now } = this.#options;
    const wake = (connection: Connection) => this.#wake(connection);
    return {
      database,
      functions,
      authenticator,
      now,
      liveQueries: this.#liveQueries,
      wake,
    };
  }

  #wake(connection: Connection): void {
    this.#due.add(connection);
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => this.#tick());
  }

  /**
   * Everything applied is made durable first, and all mutations that this commits are answered: their answers must
   * precede the Transition that shows them, and are sent by the promises that the commit has resolved.
   */
  #tick(): void {
    this.#options.database.flush();
    afterPromises(() => this.#sendTransitions());
  }

  /**
   * All queries of a Transition see one timestamp, because nothing is applied between its first and its last. What a
   * promise has applied since `#tick` is made durable as well; connections it may belong to wait for their answer.
   */
  #sendTransitions(): void {
    const before = this.#options.database.latestTs;
    this.#options.database.flush();
    const due = [...this.#due];
    this.#due.clear();
    this.#scheduled = false;
    const hasCommitted = this.#options.database.latestTs !== before;
    const until = performance.now() + MAX_MS_PER_TURN;
    this.#executeTogether(due);
    const unfinished: Connection[] = [];
    for (const connection of due) {
      const mustWait = hasCommitted && connection.unansweredMutations > 0;
      if (mustWait || performance.now() > until) this.#wake(connection);
      else if (!connection.sendTransition()) unfinished.push(connection);
    }
    for (const connection of unfinished) this.#wake(connection);
  }

  /** Fair to all: only so many of each connection, which goes on with its others when its turn comes. */
  #executeTogether(due: readonly Connection[]): void {
    const until = performance.now() + MAX_MS_TOGETHER;
    const wanted = due.flatMap((one) => one.wanted(MAX_TOGETHER));
    this.#liveQueries.prepare(wanted, (asked) =>
      this.#options.functions.runQueries(
        asked.map(({ spec, identity }) => this.#call(spec, identity)),
        until,
      ),
    );
  }

  #runQuery(spec: QuerySpec, identity: Identity) {
    return this.#options.functions.runQuery(this.#call(spec, identity));
  }

  #call(spec: QuerySpec, identity: Identity): FunctionCall {
    checkComponentReach(spec.componentPath, identity);
    return {
      componentPath: spec.componentPath,
      path: spec.udfPath,
      args: spec.args,
      identity,
      caller: "SyncWorker",
      requestId: this.#options.newRequestId(),
      allowInternal: reachesInternal(identity),
      journal: spec.journal,
    };
  }
}

/** Before anything else that waits for the event loop. */
function afterPromises(work: () => void): void {
  queueMicrotask(() => process.nextTick(work));
}

/** Throws `BackendError` for a path that is none of ours, and for versions no client has. */
function clientVersion(path: string): string | null {
  const match = PATH.exec(path);
  if (match === null)
    throw new BackendError("NotFound", `There is no socket at ${path}`, {
      status: 404,
    });
  const version = match[1] ?? null;
  if (version === null || VERSION.test(version)) return version;
  throw new BackendError(
    "InvalidVersion",
    `"${version}" is not the version of a client`,
  );
}

function tooManySessions(): BackendError {
  return new BackendError(
    "TooManyConcurrentRequests",
    `There are ${MAX_SESSIONS} connections already`,
    { status: 503 },
  );
}

function textOf(data: RawData): string {
  if (Array.isArray(data)) return Buffer.concat(data).toString("utf8");
  return Buffer.isBuffer(data)
    ? data.toString("utf8")
    : Buffer.from(data).toString("utf8");
}
