import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { WebSocketServer, type RawData, type WebSocket } from "ws";
import type { Authenticator } from "../auth/authenticator";
import type { Database } from "../database/types";
import type { Identity } from "../runtime/types";
import {
  Connection,
  checkComponentReach,
  reachesInternal,
  type Channel,
  type FunctionRunner,
} from "./connection";
import { LiveQueries, type QuerySpec } from "./live-queries";
import { TurnSlice } from "./turn-slice";

const SECOND = 1000;
const PING_AFTER_MS = 15 * SECOND;
const PROBE_EVERY_MS = 5 * SECOND;
const SILENT_AFTER_MS = 120 * SECOND;
const MAX_MESSAGE_BYTES = 32 * 1024 * 1024;
const MAX_UNSENT = 2;
/** A peer that lets this much pile up has stopped reading. */
const MAX_BUFFERED_BYTES = 256 * 1024 * 1024;

type Options = {
  database: Database;
  functions: FunctionRunner;
  authenticator: Authenticator;
  now: () => number;
  newRequestId: () => string;
};

/** All connections, and the loop that tells them of commits. */
export class SyncServer {
  readonly #options: Options;
  readonly #sockets = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_MESSAGE_BYTES,
  });
  readonly #liveQueries: LiveQueries;
  readonly #due = new Set<Connection>();
  readonly #mutations = new TurnSlice();
  readonly #stopListening: () => void;
  #scheduled = false;

  constructor(options: Options) {
    this.#options = options;
    this.#liveQueries = new LiveQueries((spec, identity) =>
      this.#runQuery(spec, identity),
    );
    this.#stopListening = options.database.onCommit((commit) =>
      this.#liveQueries.applyCommit(commit),
    );
  }

  static handlesPath(path: string): boolean {
    return /^\/api(\/[^/]+)?\/sync$/.test(path);
  }

  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.#sockets.handleUpgrade(request, socket, head, (webSocket) =>
      this.#accept(webSocket),
    );
  }

  /** After a push every result may differ. */
  codeChanged(): void {
    this.#liveQueries.discardAll();
  }

  close(): void {
    this.#stopListening();
    for (const socket of this.#sockets.clients)
      socket.close(1001, "ServerShutdown");
    this.#sockets.close();
  }

  /** For clients that do not answer the closing handshake. */
  terminate(): void {
    for (const socket of this.#sockets.clients) socket.terminate();
  }

  #accept(webSocket: WebSocket): void {
    const channel = new SocketChannel(webSocket, () => this.#wake(connection));
    const connection = new Connection(this.#connectionContext(), channel);
    webSocket.on("message", (data, isBinary) => {
      channel.heard();
      if (!isBinary) connection.receive(textOf(data));
    });
    webSocket.on("pong", () => channel.heard());
    webSocket.on("error", () => webSocket.terminate());
    webSocket.on("close", () => {
      channel.stop();
      this.#due.delete(connection);
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
      schedule: (job: () => void) => this.#mutations.run(job),
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
    for (const connection of due) {
      if (hasCommitted && connection.hasUnansweredMutation)
        this.#wake(connection);
      else connection.sendTransition();
    }
  }

  #runQuery(spec: QuerySpec, identity: Identity) {
    checkComponentReach(spec.componentPath, identity);
    return this.#options.functions.runQuery({
      componentPath: spec.componentPath,
      path: spec.udfPath,
      args: spec.args,
      identity,
      caller: "SyncWorker",
      requestId: this.#options.newRequestId(),
      allowInternal: reachesInternal(identity),
      journal: spec.journal,
    });
  }
}

/** Before anything else that waits for the event loop. */
function afterPromises(work: () => void): void {
  queueMicrotask(() => process.nextTick(work));
}

function textOf(data: RawData): string {
  if (Array.isArray(data)) return Buffer.concat(data).toString("utf8");
  return Buffer.isBuffer(data)
    ? data.toString("utf8")
    : Buffer.from(data).toString("utf8");
}

/** A socket with its heartbeat and the count of what it has not sent yet. */
class SocketChannel implements Channel {
  readonly #socket: WebSocket;
  readonly #onDrained: () => void;
  readonly #probe: ReturnType<typeof setInterval>;
  #unsent = 0;
  #wasCongested = false;
  #lastSentAt = performance.now();
  #lastHeardAt = performance.now();

  constructor(socket: WebSocket, onDrained: () => void) {
    this.#socket = socket;
    this.#onDrained = onDrained;
    this.#probe = setInterval(() => this.#beat(), PROBE_EVERY_MS);
  }

  heard(): void {
    this.#lastHeardAt = performance.now();
  }

  send(text: string): void {
    if (this.#socket.bufferedAmount > MAX_BUFFERED_BYTES)
      return this.#socket.terminate();
    this.#lastSentAt = performance.now();
    this.#unsent += 1;
    this.#socket.send(text, () => this.#sent());
  }

  close(code: number, reason: string): void {
    this.#socket.close(code, reason.slice(0, 120));
  }

  isCongested(): boolean {
    this.#wasCongested =
      this.#unsent > MAX_UNSENT && this.#socket.bufferedAmount > 0;
    return this.#wasCongested;
  }

  stop(): void {
    clearInterval(this.#probe);
  }

  #sent(): void {
    this.#unsent -= 1;
    if (!this.#wasCongested || this.#unsent > MAX_UNSENT) return;
    this.#wasCongested = false;
    this.#onDrained();
  }

  #beat(): void {
    const now = performance.now();
    if (now - this.#lastHeardAt > SILENT_AFTER_MS)
      return this.#socket.terminate();
    if (now - this.#lastSentAt >= PING_AFTER_MS - PROBE_EVERY_MS / 2)
      this.send('{"type":"Ping"}');
    this.#socket.ping();
  }
}
