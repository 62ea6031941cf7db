/** A WebSocket for the official clients that checks every message of the server against the protocol's promises. */
import { WebSocket as NodeWebSocket } from "ws";
import { expect } from "vitest";
import { decodeTs } from "../timestamp-text";
import type { StateVersion } from "../protocol";

type Received =
  | {
      type: "Transition";
      startVersion: StateVersion;
      endVersion: StateVersion;
    }
  | {
      type: "MutationResponse";
      requestId: number;
      success: boolean;
      ts: string | null;
    }
  | { type: "ActionResponse" | "Ping" | "AuthError" | "FatalError" };

/** Sockets of one client, one after the other. */
export class Wire {
  readonly #sockets: NodeWebSocket[] = [];
  readonly problems: unknown[] = [];
  readonly received: Received["type"][] = [];
  /** Mutations by how often they were sent. */
  readonly #sent = new Map<number, number>();
  /** The latest timestamp the client was shown, over all its connections. */
  #shownTs = 0n;

  /** To be given to a client. */
  get constructorForClient(): typeof WebSocket {
    const open = (url: string) => this.#open(url);
    return class {
      constructor(url: string) {
        return open(url);
      }
    } as unknown as typeof WebSocket;
  }

  /** As when a network goes away: no closing handshake. */
  cut(): void {
    for (const socket of this.#sockets.splice(0)) socket.terminate();
  }

  #open(url: string): NodeWebSocket {
    const socket = new NodeWebSocket(url);
    const checks = new ConnectionChecks({
      onShown: (ts) => this.#show(ts),
      isSentAgain: (requestId) => (this.#sent.get(requestId) ?? 0) > 1,
    });
    this.#sockets.push(socket);
    this.#noteSent(socket);
    socket.on("message", (data: Buffer) =>
      this.#guard(() => {
        const message = JSON.parse(data.toString("utf8")) as Received;
        this.received.push(message.type);
        checks.check(message);
      }),
    );
    return socket;
  }

  #noteSent(socket: NodeWebSocket): void {
    const send = socket.send.bind(socket) as (text: string) => void;
    socket.send = (text: string) => {
      const { type, requestId } = JSON.parse(text) as {
        type: string;
        requestId: number;
      };
      if (type === "Mutation")
        this.#sent.set(requestId, (this.#sent.get(requestId) ?? 0) + 1);
      send(text);
    };
  }

  #show(ts: bigint): void {
    expect(ts >= this.#shownTs).toBe(true);
    this.#shownTs = ts;
  }

  /** An exception thrown inside a listener would be lost. */
  #guard(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.problems.push(error);
    }
  }
}

type Watcher = {
  onShown: (ts: bigint) => void;
  isSentAgain: (requestId: number) => boolean;
};

class ConnectionChecks {
  #last: StateVersion = { querySet: 0, identity: 0, ts: "AAAAAAAAAAA=" };
  readonly #watcher: Watcher;

  constructor(watcher: Watcher) {
    this.#watcher = watcher;
  }

  check(message: Received): void {
    if (message.type === "Transition") this.#checkTransition(message);
    if (message.type === "MutationResponse") this.#checkResponse(message);
    expect(message.type).not.toBe("FatalError");
  }

  #checkTransition(message: Extract<Received, { type: "Transition" }>): void {
    const { startVersion, endVersion } = message;
    expect(startVersion).toEqual(this.#last);
    expect(endVersion.querySet).toBeGreaterThanOrEqual(startVersion.querySet);
    expect(endVersion.identity).toBeGreaterThanOrEqual(startVersion.identity);
    this.#last = endVersion;
    this.#watcher.onShown(decodeTs(endVersion.ts));
  }

  /** A new mutation is answered before what shows it; one that is answered again may have been shown long ago. */
  #checkResponse({
    requestId,
    success,
    ts,
  }: Extract<Received, { type: "MutationResponse" }>): void {
    expect(ts !== null).toBe(success);
    if (ts === null || this.#watcher.isSentAgain(requestId)) return;
    expect(decodeTs(ts) > decodeTs(this.#last.ts)).toBe(true);
  }
}
