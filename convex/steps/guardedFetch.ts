/** `fetch` for workflows: refuses private addresses (also after redirects) and bodies that are too large. */
import { clip } from "./clip";
import { refusalOf } from "./networkAccess";
import { environment } from "../environment";

export const MAX_BODY_BYTES = 16 * 1024 * 1024;
const MAX_REDIRECTS = 5;

export type OutgoingRequest = {
  url: string;
  method: string;
  headers: Record<string, string>;
  body: string | null;
};

export type IncomingResponse = {
  url: string;
  status: number;
  statusText: string;
  /** Names in lower case. */
  headers: Record<string, string>;
  text: string;
};

/** A call that cannot succeed as it is, whatever the network does. */
export class RefusedRequest extends Error {
  readonly code:
    | "refused_address"
    | "payload_too_large"
    | "invalid_request"
    | "too_many_redirects";
  constructor(code: RefusedRequest["code"], message: string) {
    super(message);
    this.name = "RefusedRequest";
    this.code = code;
  }
}

export async function guardedFetch(
  request: OutgoingRequest,
  signal: AbortSignal,
): Promise<IncomingResponse> {
  let current = request;
  for (let hop = 0; hop <= MAX_REDIRECTS; hop++) {
    const response = await fetchOnce(current, signal);
    const target = redirectOf(response, current);
    if (target === null) return await readResponse(response, current.url);
    await response.body?.cancel();
    current = target;
  }
  throw new RefusedRequest(
    "too_many_redirects",
    `${request.url} redirected more than ${MAX_REDIRECTS} times.`,
  );
}

async function fetchOnce(
  request: OutgoingRequest,
  signal: AbortSignal,
): Promise<Response> {
  const url = parseUrl(request.url);
  const refusal = refusalOf(url, environment("ALLOW_PRIVATE_NETWORK"));
  if (refusal !== null) throw new RefusedRequest("refused_address", refusal);
  const { method, headers, body } = request;
  refuseUnsendable(url, { method, headers });
  return await fetch(url, {
    method,
    headers,
    body,
    redirect: "manual",
    signal,
  });
}

/** Bad names, bad characters and methods that do not exist would else look like network errors, worth a retry. */
function refuseUnsendable(
  url: URL,
  init: { method: string; headers: Record<string, string> },
): void {
  try {
    new Request(url, init);
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    throw new RefusedRequest(
      "invalid_request",
      `The request cannot be sent: ${problem}`,
    );
  }
}

function parseUrl(text: string): URL {
  try {
    return new URL(text);
  } catch {
    throw new RefusedRequest(
      "invalid_request",
      `"${clip(text, 200)}" is not an address. Give a full one, such as https://api.example.com/orders.`,
    );
  }
}

/** 303, and 301 or 302 after a POST, turn into GET, as browsers do. Credentials stay with the first host. */
function redirectOf(
  response: Response,
  request: OutgoingRequest,
): OutgoingRequest | null {
  const location = response.headers.get("location");
  if (![301, 302, 303, 307, 308].includes(response.status) || location === null)
    return null;
  const url = new URL(location, request.url);
  const toGet =
    response.status === 303 ||
    (request.method === "POST" && [301, 302].includes(response.status));
  const sameOrigin = url.origin === new URL(request.url).origin;
  return {
    url: url.href,
    method: toGet ? "GET" : request.method,
    body: toGet ? null : request.body,
    headers: sameOrigin ? request.headers : withoutCredentials(request.headers),
  };
}

function withoutCredentials(
  headers: Record<string, string>,
): Record<string, string> {
  const kept = Object.entries(headers).filter(
    ([name]) =>
      !["authorization", "cookie", "proxy-authorization"].includes(
        name.toLowerCase(),
      ),
  );
  return Object.fromEntries(kept);
}

async function readResponse(
  response: Response,
  url: string,
): Promise<IncomingResponse> {
  return {
    url,
    status: response.status,
    statusText: response.statusText,
    headers: Object.fromEntries(
      [...response.headers].map(([name, value]) => [name.toLowerCase(), value]),
    ),
    text: await readText(response, url),
  };
}

async function readText(response: Response, url: string): Promise<string> {
  const announced = Number(response.headers.get("content-length") ?? 0);
  if (announced > MAX_BODY_BYTES) {
    await response.body?.cancel();
    throw tooLarge(url, announced);
  }
  if (response.body === null) return "";
  const reader = response.body.getReader();
  const decoder = new TextDecoder();
  let text = "";
  let bytes = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return text + decoder.decode();
    bytes += value.byteLength;
    if (bytes > MAX_BODY_BYTES) {
      await reader.cancel();
      throw tooLarge(url, bytes);
    }
    text += decoder.decode(value, { stream: true });
  }
}

function tooLarge(url: string, bytes: number): RefusedRequest {
  const mib = Math.ceil(bytes / 1024 / 1024);
  return new RefusedRequest(
    "payload_too_large",
    `The answer of ${url} is larger than 16 MiB (at least ${mib} MiB). Ask for less, or for pages.`,
  );
}
