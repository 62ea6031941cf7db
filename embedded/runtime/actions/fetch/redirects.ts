/** Where an answer sends its request, by the rules of the fetch standard. */
import {
  badPortsSet,
  redirectStatusSet,
  requestBodyHeader,
} from "undici/lib/web/fetch/constants.js";
import type { AnswerHead } from "./http-exchange";
import type { OutgoingRequest } from "./outgoing-request";

const CREDENTIALS = ["authorization", "proxy-authorization", "cookie", "host"];
const ABOUT_THE_BODY = requestBodyHeader.map((name) => name.toLowerCase());

/** Null when the answer is the answer. */
export function redirectOf(
  request: OutgoingRequest,
  { status, headers }: AnswerHead,
): OutgoingRequest | null {
  if (request.redirect === "manual" || !redirectStatusSet.has(status))
    return null;
  if (request.redirect === "error") throw new Error("unexpected redirect");
  const { location } = headers;
  if (location === undefined) return null;
  const from = new URL(request.url);
  const to = locationUrl(String(location), from);
  refuseUnreachable(to);
  const isChanged = changesToGet(request.method, status);
  const dropped = [
    ...(isChanged ? ABOUT_THE_BODY : []),
    ...(to.origin === from.origin ? [] : CREDENTIALS),
  ];
  return {
    ...request,
    url: to.href,
    headers: request.headers.filter(
      ([name]) => !dropped.includes(name.toLowerCase()),
    ),
    ...(isChanged ? { method: "GET", body: null } : {}),
  };
}

/** Servers write UTF-8 there, which arrives byte by byte. */
function locationUrl(location: string, from: URL): URL {
  const url = new URL(Buffer.from(location, "latin1").toString(), from);
  if (url.hash === "") url.hash = from.hash;
  return url;
}

function refuseUnreachable(url: URL): void {
  if (url.protocol !== "http:" && url.protocol !== "https:")
    throw new Error("URL scheme must be a HTTP(S) scheme");
  if (url.username !== "" || url.password !== "")
    throw new Error('cross origin not allowed for request mode "cors"');
  if (badPortsSet.has(url.port)) throw new Error("bad port");
}

function changesToGet(method: string, status: number): boolean {
  if (status === 303) return method !== "GET" && method !== "HEAD";
  return method === "POST" && (status === 301 || status === 302);
}
