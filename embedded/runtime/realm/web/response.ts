import type { ReadableStream } from "web-streams-polyfill";
import { Body, type BodyInit } from "./body";
import { Headers, type HeadersInit } from "./headers";
import { URL } from "./url";

export interface ResponseInit {
  status?: number;
  statusText?: string;
  headers?: HeadersInit;
}
type Origin = { url: string; redirected: boolean; type: string };

const BODYLESS = new Set([101, 103, 204, 205, 304]);
const REDIRECTS = new Set([301, 302, 303, 307, 308]);

export class Response extends Body {
  readonly status: number;
  readonly statusText: string;
  #origin: Origin = { url: "", redirected: false, type: "default" };

  constructor(body?: BodyInit | null, init: ResponseInit = {}) {
    const status = init.status ?? 200;
    if (!(status >= 200 && status <= 599))
      throw new RangeError(
        "init['status'] must be in the range of 200 to 599, inclusive.",
      );
    if (body !== null && body !== undefined && BODYLESS.has(status))
      throw new TypeError(
        `Response constructor: Invalid response status code ${status}`,
      );
    super(new Headers(init.headers), body);
    this.status = status;
    this.statusText = String(init.statusText ?? "");
  }

  /** What `fetch` answers with. */
  static received(
    body: ReadableStream<Uint8Array>,
    init: Required<ResponseInit>,
    origin: Omit<Origin, "type">,
  ): Response {
    const response = new Response(
      BODYLESS.has(init.status) ? null : body,
      init,
    );
    response.#origin = { ...origin, type: "basic" };
    return response;
  }

  /** Marks the body as read. */
  static bodyOf(
    response: Response,
  ): Uint8Array | ReadableStream<Uint8Array> | null {
    return response.takeBody();
  }

  static json(value: unknown, init: ResponseInit = {}): Response {
    const headers = new Headers(init.headers);
    if (!headers.has("content-type"))
      headers.set("content-type", "application/json");
    return new Response(JSON.stringify(value), { ...init, headers });
  }

  static redirect(url: string | URL, status = 302): Response {
    if (!REDIRECTS.has(status))
      throw new RangeError(`Invalid status code ${status}`);
    const location = new URL(String(url)).href;
    return new Response(null, { status, headers: { location } });
  }

  static error(): Response {
    const response = new Response(null);
    response.#origin = { ...response.#origin, type: "error" };
    return response;
  }

  get ok(): boolean {
    return this.status >= 200 && this.status <= 299;
  }

  get url(): string {
    return this.#origin.url;
  }

  get redirected(): boolean {
    return this.#origin.redirected;
  }

  get type(): string {
    return this.#origin.type;
  }

  clone(): Response {
    const { status, statusText, headers } = this;
    const copy = new Response(this.teeBody(), { status, statusText, headers });
    copy.#origin = this.#origin;
    return copy;
  }

  get [Symbol.toStringTag](): string {
    return "Response";
  }
}
