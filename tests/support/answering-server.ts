/** A loopback HTTP server whose answers a test chooses, and which records what it was asked. */
import {
  createServer,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from "node:http";
import { text } from "node:stream/consumers";

export type Asked = {
  method: string;
  path: string;
  headers: IncomingMessage["headers"];
  body: string;
  /** Whether the caller hung up before it had its answer. */
  aborted: boolean;
};
export type Answer = (
  asked: Asked,
  response: ServerResponse,
) => void | Promise<void>;

export interface AnsweringServer {
  readonly port: number;
  readonly origin: string;
  /** In the order in which they came. */
  readonly asked: Asked[];
  /** Requests without an answer now, and the most there ever were at once. */
  readonly open: number;
  readonly mostOpen: number;
  answer: Answer;
  /** Resolves when `condition` holds after a request came, was answered or was given up. */
  until(condition: () => boolean): Promise<void>;
  reset(): void;
  close(): Promise<void>;
}

export async function startAnsweringServer(
  answer: Answer = (_, response) => json(response, { ok: true }),
): Promise<AnsweringServer> {
  const served = new Served(answer);
  await served.listen();
  return served;
}

export function json(
  response: ServerResponse,
  value: unknown,
  status = 200,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, {
    "content-type": "application/json",
    ...headers,
  });
  response.end(JSON.stringify(value));
}

class Served implements AnsweringServer {
  asked: Asked[] = [];
  open = 0;
  mostOpen = 0;
  answer: Answer;
  readonly #server: Server;
  readonly #waiting = new Set<() => void>();

  constructor(answer: Answer) {
    this.answer = answer;
    this.#server = createServer((request, response) => {
      void this.#serve(request, response);
    });
  }

  get port(): number {
    const address = this.#server.address();
    if (address === null || typeof address === "string")
      throw new Error("the server does not listen");
    return address.port;
  }

  get origin(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  async listen(): Promise<void> {
    await new Promise<void>((resolve) =>
      this.#server.listen(0, "127.0.0.1", () => resolve()),
    );
  }

  async until(condition: () => boolean): Promise<void> {
    await new Promise<void>((resolve) => {
      const look = () => {
        if (!condition()) return;
        this.#waiting.delete(look);
        resolve();
      };
      this.#waiting.add(look);
      look();
    });
  }

  reset(): void {
    this.asked = [];
    this.mostOpen = this.open;
    this.answer = (_, response) => json(response, { ok: true });
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) =>
      this.#server.close(() => resolve()),
    );
    this.#server.closeAllConnections();
    await closed;
  }

  async #serve(
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const asked: Asked = {
      method: request.method ?? "",
      path: request.url ?? "",
      headers: request.headers,
      body: await text(request),
      aborted: false,
    };
    this.asked.push(asked);
    this.open += 1;
    this.mostOpen = Math.max(this.mostOpen, this.open);
    response.once("close", () => {
      asked.aborted = !response.writableFinished;
      this.open -= 1;
      this.#look();
    });
    this.#look();
    await this.answer(asked, response);
  }

  #look(): void {
    for (const look of [...this.#waiting]) look();
  }
}
