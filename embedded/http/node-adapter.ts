/** A thin bridge between `node:http` and fetch-style handlers. No input of a client may throw out of it. */
import type {
  IncomingMessage,
  OutgoingHttpHeaders,
  RequestListener,
  ServerResponse,
} from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { ReadableStream as NodeWebStream } from "node:stream/web";
import { BackendError } from "../database/backend-error";
import { serverLog } from "../telemetry/server-log";
import type { FetchHandler } from "./api-handler";
import { shuttingDown } from "./health";
import { errorResponse } from "./responses";
import type { RequestGate } from "./request-gate";
import { rememberPeer } from "./request-peer";
import { toRequest } from "./to-request";

/** A client that goes on sending what was refused is listened to for so long. */
const DISCARD_MS = 5_000;

export function nodeListener(
  handler: FetchHandler,
  gate: RequestGate,
): RequestListener {
  return (incoming, outgoing) =>
    void gate.run(() =>
      answer(gate.isClosed ? refuse : handler, incoming, outgoing),
    );
}

async function refuse(): Promise<Response> {
  return errorResponse(shuttingDown());
}

async function answer(
  handler: FetchHandler,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  const aborted = new AbortController();
  outgoing.on("close", () => aborted.abort());
  outgoing.on("error", () => outgoing.destroy());
  try {
    const request = toRequest(incoming, aborted.signal);
    if (request !== null) rememberPeer(request, incoming);
    const response = await (request === null
      ? notUnderstood()
      : handler(request));
    await send(response, incoming, outgoing);
  } catch (error) {
    if (!outgoing.headersSent) outgoing.writeHead(500);
    outgoing.destroy();
    if (!isDisconnect(error))
      serverLog.error("A response could not be sent", error);
  }
}

function notUnderstood(): Response {
  return errorResponse(
    new BackendError("BadRequest", "The request could not be understood"),
  );
}

async function send(
  response: Response,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  if (!incoming.complete) endAfterwards(incoming, outgoing);
  outgoing.writeHead(response.status, responseHeaders(response));
  if (response.body === null || incoming.method === "HEAD") {
    await response.body?.cancel();
    outgoing.end();
    return;
  }
  outgoing.flushHeaders();
  await pipeline(
    Readable.fromWeb(response.body as NodeWebStream<Uint8Array>),
    outgoing,
  );
}

/**
 * The answer came before the whole request: what is still sent is thrown away, for a while, because a client that sees
 * its connection break may never read the answer.
 */
function endAfterwards(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): void {
  outgoing.setHeader("connection", "close");
  outgoing.once("finish", () => {
    incoming.resume();
    const timer = setTimeout(() => incoming.socket.destroy(), DISCARD_MS);
    incoming.socket.once("close", () => clearTimeout(timer));
  });
}

function responseHeaders(response: Response): OutgoingHttpHeaders {
  const headers = Object.fromEntries(response.headers);
  const cookies = response.headers.getSetCookie();
  return cookies.length === 0 ? headers : { ...headers, "set-cookie": cookies };
}

function isDisconnect(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = "code" in error ? String(error.code) : "";
  return (
    error.name === "AbortError" ||
    ["ERR_STREAM_PREMATURE_CLOSE", "ECONNRESET", "EPIPE"].includes(code)
  );
}
