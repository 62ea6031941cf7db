/** A server that answers as a test says and remembers what it was asked. */
import { readFileSync } from "node:fs";
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type ServerResponse,
} from "node:http";
import { createServer as createTlsServer } from "node:https";
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
export type Answering = (response: ServerResponse, asked: Asked) => unknown;
/** Both are for `localhost`; why one of them is trusted is in `vitest.config.ts`. */
export type Certificate = "trusted" | "unknown";

export class AnsweringServer {
  readonly asked: Asked[] = [];
  readonly #certificate: Certificate | null;
  readonly #server;
  readonly sockets = new Set<Socket>();

  /** Without a certificate it speaks without TLS. */
  constructor(answer: Answering, certificate: Certificate | null = null) {
    this.#certificate = certificate;
    this.#server =
      certificate === null ? createServer() : tlsServer(certificate);
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

  at(path = "/", host?: string): string {
    return this.#certificate === null
      ? `http://${host ?? "127.0.0.1"}:${this.port}${path}`
      : `https://${host ?? "localhost"}:${this.port}${path}`;
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

function tlsServer(certificate: Certificate) {
  const file = new URL(`./${certificate}.pem`, import.meta.url);
  const keyAndCertificate = readFileSync(file);
  return createTlsServer({ key: keyAndCertificate, cert: keyAndCertificate });
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
