import type { ReadableStream } from "web-streams-polyfill";
import { AbortController, type AbortSignal } from "./abort";
import { Body, type BodyInit } from "./body";
import { Headers, type HeadersInit } from "./headers";
import { URL } from "./url";

export interface RequestInit {
  method?: string;
  headers?: HeadersInit;
  body?: BodyInit | null;
  redirect?: "follow" | "error" | "manual";
  signal?: AbortSignal | null;
  credentials?: string;
  cache?: string;
  mode?: string;
  referrer?: string;
}

const STANDARD = /^(delete|get|head|options|post|put)$/i;
const FORBIDDEN = /^(connect|trace|track)$/i;

export class Request extends Body {
  readonly url: string;
  readonly method: string;
  readonly redirect: "follow" | "error" | "manual";
  readonly signal: AbortSignal;
  readonly credentials: string;
  readonly cache: string;
  readonly mode: string;

  constructor(input: Request | URL | string, init: RequestInit = {}) {
    const from = input instanceof Request ? input : null;
    const method = normalMethod(init.method ?? from?.method ?? "GET");
    if (
      (method === "GET" || method === "HEAD") &&
      init.body !== null &&
      init.body !== undefined
    )
      throw new TypeError("Request with GET/HEAD method cannot have body");
    super(
      new Headers(init.headers ?? from?.headers),
      init.body === undefined ? (from?.takeBody() ?? null) : init.body,
    );
    this.url = from === null ? new URL(String(input)).href : from.url;
    this.method = method;
    this.redirect = init.redirect ?? from?.redirect ?? "follow";
    this.signal = init.signal ?? from?.signal ?? new AbortController().signal;
    this.credentials = init.credentials ?? from?.credentials ?? "same-origin";
    this.cache = init.cache ?? from?.cache ?? "default";
    this.mode = init.mode ?? from?.mode ?? "cors";
  }

  clone(): Request {
    return new Request(this.url, {
      method: this.method,
      headers: this.headers,
      body: this.teeBody(),
      redirect: this.redirect,
      signal: this.signal,
    });
  }

  /** Marks the body as read. */
  static bodyOf(
    request: Request,
  ): Uint8Array | ReadableStream<Uint8Array> | null {
    return request.takeBody();
  }

  get [Symbol.toStringTag](): string {
    return "Request";
  }
}

function normalMethod(method: string): string {
  const text = String(method);
  if (FORBIDDEN.test(text) || !/^[!#$%&'*+\-.^_`|~\w]+$/.test(text))
    throw new TypeError(`'${text}' is not a valid HTTP method.`);
  return STANDARD.test(text) ? text.toUpperCase() : text;
}
