/** A client that says exactly what a test wants it to say. */
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import type { JSONValue } from "convex/values";
import { WebSocket } from "ws";

export type ServerJson = { type: string; [field: string]: JSONValue };

export class RawClient {
  readonly #socket: WebSocket;
  readonly #messages: ServerJson[] = [];
  #closed: { code: number; reason: string } | null = null;
  #wake: () => void = () => undefined;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on("message", (data: Buffer) => {
      this.#messages.push(JSON.parse(data.toString("utf8")) as ServerJson);
      this.#wake();
    });
    socket.on("close", (code, reason) => {
      this.#closed = { code, reason: reason.toString() };
      this.#wake();
    });
  }

  /** Connected, with the first message sent. */
  static async open(
    url: string,
    sessionId: string = randomUUID(),
  ): Promise<RawClient> {
    const address = `${url.replace("http", "ws")}/api/1.48.0/sync`;
    const socket = new WebSocket(address);
    const client = new RawClient(socket);
    await once(socket, "open");
    client.send({ type: "Connect", sessionId, connectionCount: 0 });
    return client;
  }

  send(message: ServerJson): void {
    this.#socket.send(JSON.stringify(message));
  }

  sendText(text: string): void {
    this.#socket.send(text);
  }

  add(queryId: number, udfPath: string, options: RawQuery = {}): void {
    const { version = queryId, args = {}, ...rest } = options;
    this.send({
      type: "ModifyQuerySet",
      baseVersion: version,
      newVersion: version + 1,
      modifications: [{ type: "Add", queryId, udfPath, args: [args], ...rest }],
    });
  }

  mutate(requestId: number, udfPath: string, args: JSONValue = {}): void {
    this.send({ type: "Mutation", requestId, udfPath, args: [args] });
  }

  /** The next message, whatever it is; throws when the socket has closed instead. */
  async next(): Promise<ServerJson> {
    for (;;) {
      const message = this.#messages.shift();
      if (message !== undefined) return message;
      if (this.#closed !== null)
        throw new Error(`Closed: ${JSON.stringify(this.#closed)}`);
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  /** What is left to be read, then how the server closed the socket. */
  async end(): Promise<{
    messages: ServerJson[];
    code: number;
    reason: string;
  }> {
    while (this.#closed === null)
      await new Promise<void>((resolve) => (this.#wake = resolve));
    return { messages: this.#messages.splice(0), ...this.#closed };
  }

  close(): void {
    this.#socket.terminate();
  }
}

type RawQuery = {
  version?: number;
  args?: JSONValue;
  journal?: string | null;
  componentPath?: string;
};
