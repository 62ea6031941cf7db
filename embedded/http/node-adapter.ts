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
  if (!incoming.complete && response.status >= 400)
    return sendRefusal(response, incoming, outgoing);
  outgoing.once("finish", () => void discardRest(incoming));
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
 * Before the whole request has come. It is complete for who reads it, but the connection stays until the rest was thrown
 * away: a client whose writing fails may never read the answer.
 */
async function sendRefusal(
  response: Response,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  const body = Buffer.from(await response.arrayBuffer());
  outgoing.writeHead(response.status, {
    ...responseHeaders(response),
    connection: "close",
    "content-length": body.length,
  });
  outgoing.write(body);
  await discardRest(incoming);
  outgoing.end();
}

/** Resolves when the request has ended, or has been listened to long enough; then its connection ends. */
function discardRest(incoming: IncomingMessage): Promise<void> {
  if (incoming.complete || incoming.destroyed) return Promise.resolve();
  return new Promise((resolve) => {
    const timer = setTimeout(() => incoming.destroy(), DISCARD_MS);
    const finish = () => {
      clearTimeout(timer);
      resolve();
    };
    incoming.once("end", finish).once("close", finish).once("error", finish);
    incoming.resume();
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
