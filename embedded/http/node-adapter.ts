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
import type { FetchHandler } from "./api-handler";

const BODYLESS = new Set(["GET", "HEAD"]);

export function nodeListener(handler: FetchHandler): RequestListener {
  return (incoming, outgoing) => void answer(handler, incoming, outgoing);
}

async function answer(
  handler: FetchHandler,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  const aborted = new AbortController();
  outgoing.on("close", () => aborted.abort());
  outgoing.on("error", () => outgoing.destroy());
  const request = toRequest(incoming, aborted.signal);
  if (request === null) return badRequest(outgoing);
  try {
    await send(await handler(request), outgoing, incoming.method === "HEAD");
  } catch (error) {
    if (!outgoing.headersSent) outgoing.writeHead(500);
    outgoing.destroy();
    if (!isDisconnect(error)) console.error(error);
  }
}

/** Null when the request line or headers cannot be represented. */
function toRequest(
  incoming: IncomingMessage,
  signal: AbortSignal,
): Request | null {
  const method = incoming.method ?? "GET";
  const hasBody = !BODYLESS.has(method);
  try {
    return new Request(requestUrl(incoming), {
      method,
      headers: requestHeaders(incoming),
      signal,
      ...(hasBody
        ? {
            body: Readable.toWeb(incoming) as ReadableStream<Uint8Array>,
            duplex: "half",
          }
        : {}),
    });
  } catch {
    return null;
  }
}

function requestUrl(incoming: IncomingMessage): URL {
  const protocol =
    firstOf(incoming.headers["x-forwarded-proto"]) ??
    forwardedProtocol(incoming) ??
    "http";
  return new URL(
    incoming.url ?? "/",
    `${protocol}://${incoming.headers.host ?? "localhost"}`,
  );
}

function forwardedProtocol(incoming: IncomingMessage): string | undefined {
  return /proto=(https?)/i.exec(firstOf(incoming.headers.forwarded) ?? "")?.[1];
}

function firstOf(header: string | string[] | undefined): string | undefined {
  const value = Array.isArray(header) ? header[0] : header;
  return value?.split(",")[0]?.trim();
}

function requestHeaders(incoming: IncomingMessage): Headers {
  const headers = new Headers();
  for (const [name, values] of Object.entries(incoming.headersDistinct)) {
    for (const value of values ?? []) headers.append(name, value);
  }
  return headers;
}

async function send(
  response: Response,
  outgoing: ServerResponse,
  isHead: boolean,
): Promise<void> {
  outgoing.writeHead(response.status, responseHeaders(response));
  if (response.body === null || isHead) {
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

function responseHeaders(response: Response): OutgoingHttpHeaders {
  const headers = Object.fromEntries(response.headers);
  const cookies = response.headers.getSetCookie();
  return cookies.length === 0 ? headers : { ...headers, "set-cookie": cookies };
}

function badRequest(outgoing: ServerResponse): void {
  outgoing.writeHead(400, { "content-type": "application/json" });
  outgoing.end(
    JSON.stringify({
      code: "BadRequest",
      message: "The request could not be understood",
    }),
  );
}

function isDisconnect(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = "code" in error ? String(error.code) : "";
  return (
    error.name === "AbortError" ||
    ["ERR_STREAM_PREMATURE_CLOSE", "ECONNRESET", "EPIPE"].includes(code)
  );
}
