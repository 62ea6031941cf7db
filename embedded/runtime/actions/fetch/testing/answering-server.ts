/** A server that answers as a test says and remembers what it was asked. */
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type ServerResponse,
} from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type {
  Answer,
  OutgoingRequest,
  StartedFetch,
} from "../outgoing-request";

export interface Asked {
  method: string | undefined;
  url: string | undefined;
  headers: IncomingHttpHeaders;
  rawHeaders: string[];
  body: string;
  socket: Socket;
}
type Answering = (response: ServerResponse, asked: Asked) => unknown;

export class AnsweringServer {
  readonly asked: Asked[] = [];
  readonly #server = createServer();
  readonly sockets = new Set<Socket>();

  constructor(answer: Answering) {
    this.#server.on("request", (request, response) => {
      void this.#received(request).then((asked) => answer(response, asked));
    });
    this.#server.on("connection", (socket: Socket) => {
      this.sockets.add(socket);
      socket.on("error", () => {});
      socket.on("close", () => this.sockets.delete(socket));
    });
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  at(path = "/", host = "127.0.0.1"): string {
    return `http://${host}:${this.port}${path}`;
  }

  async listen(host?: string): Promise<void> {
    await new Promise<void>((resolve) =>
      this.#server.listen(0, host, () => resolve()),
    );
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #received(request: IncomingMessage): Promise<Asked> {
    const { method, url, headers, rawHeaders, socket } = request;
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString();
    const asked = { method, url, headers, rawHeaders, body, socket };
    this.asked.push(asked);
    return asked;
  }
}

export function requestFor(
  url: string,
  given: Partial<OutgoingRequest> = {},
): OutgoingRequest {
  return {
    url,
    method: "GET",
    headers: [],
    redirect: "follow",
    body: null,
    ...given,
  };
}

export async function bodyOf({ body }: Answer): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  while (body !== null) {
    const read = await body.next();
    if (read.done === true) break;
    chunks.push(read.value);
  }
  return Buffer.concat(chunks);
}

export async function textOf({ answer }: StartedFetch): Promise<string> {
  return (await bodyOf(await answer)).toString();
}

/** Message and cause, as one text. */
export async function failureOf(work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    () => new Error("it did not fail"),
    (reason: unknown) => reason,
  );
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  const why = cause instanceof Error ? `: ${cause.message}` : "";
  return `${error.name}: ${error.message}${why}`;
}
