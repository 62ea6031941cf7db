import { once } from "node:events";
import { WebSocket } from "ws";

export type Received = { type: string; [field: string]: unknown };

/** A sync connection without a client behind it: sends anything, keeps everything it hears. */
export class RawSocket {
  readonly received: Received[] = [];
  readonly closed: Promise<{ code: number; reason: string }>;
  readonly socket: WebSocket;
  #onMessage: () => void = () => undefined;

  private constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on("error", () => undefined);
    socket.on("message", (data: Buffer) => {
      this.received.push(JSON.parse(data.toString("utf8")) as Received);
      this.#onMessage();
    });
    this.closed = new Promise((resolve) => {
      socket.on("close", (code, reason) =>
        resolve({ code, reason: reason.toString("utf8") }),
      );
    });
  }

  static async open(
    backend: { url: string },
    path = "/api/1.48.0/sync",
  ): Promise<RawSocket> {
    const socket = new WebSocket(backend.url.replace("http", "ws") + path);
    const raw = new RawSocket(socket);
    await once(socket, "open");
    return raw;
  }

  send(message: unknown): void {
    this.socket.send(
      typeof message === "string" ? message : JSON.stringify(message),
    );
  }

  connect(): void {
    const sessionId = crypto.randomUUID();
    this.send({ type: "Connect", sessionId, connectionCount: 0 });
  }

  /** The first message of a type, also one that has come already. */
  async next(
    matches: (message: Received) => boolean,
    withinMs = 20_000,
  ): Promise<Received> {
    const deadline = Date.now() + withinMs;
    for (;;) {
      const found = this.received.find(matches);
      if (found !== undefined) return found;
      if (Date.now() > deadline)
        throw new Error(
          `heard only ${JSON.stringify(this.received).slice(0, 500)}`,
        );
      await Promise.race([
        new Promise<void>((resolve) => (this.#onMessage = resolve)),
        new Promise((resolve) => setTimeout(resolve, 200)),
      ]);
    }
  }
}

export const ofType = (type: string) => (message: Received) =>
  message.type === type;
