/** `fetch` over http and https without the objects of the web platform, which are most of its price in Node. */
import { badPortsSet, nullBodyStatus } from "undici/lib/web/fetch/constants.js";
import { decoded, decodersFor } from "./content-decoding";
import { type AnswerHead, HttpExchange } from "./http-exchange";
import type { Answer, OutgoingRequest } from "./outgoing-request";
import { redirectOf } from "./redirects";
import { requestHeaders } from "./request-headers";

const MAX_REDIRECTS = 20;
const METHODS = /^(GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS)$/;
const REDIRECTS = ["follow", "error", "manual"];
const LATIN1 = /^[\0-\xff]*$/;

/** False for what Node's `fetch` does otherwise, or refuses in words of its own. */
export function isPlainHttp(request: OutgoingRequest): boolean {
  const { url, method, redirect, headers, body } = request;
  if (!URL.canParse(url)) return false;
  const { protocol, username, password, port } = new URL(url);
  return (
    (protocol === "http:" || protocol === "https:") &&
    username === "" &&
    password === "" &&
    !badPortsSet.has(port) &&
    METHODS.test(method) &&
    !(body !== null && (method === "GET" || method === "HEAD")) &&
    REDIRECTS.includes(redirect) &&
    headers.every(([, value]) => LATIN1.test(value))
  );
}

/** Of a request that is plain. */
export class HttpFetch {
  readonly answer: Promise<Answer>;
  #exchange: HttpExchange | null = null;
  #isAborted = false;

  constructor(request: OutgoingRequest) {
    this.answer = this.#answerTo(request).catch((cause: unknown) => {
      this.abort();
      throw new TypeError("fetch failed", { cause });
    });
  }

  abort(): void {
    this.#isAborted = true;
    this.#exchange?.abort();
  }

  async #answerTo(request: OutgoingRequest): Promise<Answer> {
    let current = request;
    for (let redirects = 0; ; redirects++) {
      const exchange = this.#send(current);
      const head = await exchange.head;
      const next = redirectOf(current, head);
      if (next === null)
        return answerOf({ request: current, head, exchange, redirects });
      if (redirects === MAX_REDIRECTS)
        throw new Error("redirect count exceeded");
      exchange.discardBody();
      current = next;
    }
  }

  #send(request: OutgoingRequest): HttpExchange {
    if (this.#isAborted) throw new Error("This operation was aborted");
    const { origin, pathname, search } = new URL(request.url);
    const exchange = new HttpExchange({
      origin,
      path: pathname + search,
      method: request.method,
      headers: requestHeaders(request),
      body: request.body,
    });
    this.#exchange = exchange;
    return exchange;
  }
}

function answerOf(of: {
  request: OutgoingRequest;
  head: AnswerHead;
  exchange: HttpExchange;
  redirects: number;
}): Answer {
  const { request, head, exchange, redirects } = of;
  const { status, statusText, headers } = head;
  const url = new URL(request.url);
  url.hash = "";
  return {
    status,
    statusText,
    url: url.href,
    redirected: redirects > 0,
    headers: pairsOf(headers),
    body: bodyOf(request, head, exchange),
  };
}

function pairsOf(headers: AnswerHead["headers"]): [string, string][] {
  return Object.entries(headers).flatMap(([name, values = []]) =>
    typeof values === "string"
      ? [[name, values]]
      : values.map((value): [string, string] => [name, value]),
  );
}

function bodyOf(
  request: OutgoingRequest,
  { status, headers }: AnswerHead,
  exchange: HttpExchange,
): Answer["body"] {
  if (request.method === "HEAD" || nullBodyStatus.includes(status)) {
    exchange.discardBody();
    return null;
  }
  const decoders = decodersFor(headers["content-encoding"]);
  const { body } = exchange;
  return decoders.length === 0 ? body : decoded(body, decoders);
}
