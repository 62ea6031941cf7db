/** `URL`: parsed by the host, kept here as text. */
import { realmHost } from "../host-connection";
import type { UrlParts } from "../realm-host";
import { onChange, replaceText, URLSearchParams } from "./url-search-params";

type Settable = Exclude<keyof UrlParts, "origin">;

export class URL {
  #parts: UrlParts;
  readonly #searchParams: URLSearchParams;

  constructor(url: string | URL, base?: string | URL) {
    this.#parts = parsed(url, base);
    this.#searchParams = new URLSearchParams(this.#parts.search);
    this.#searchParams[onChange] = () =>
      this.#assign("search", this.#searchParams.toString());
  }

  static canParse(url: string, base?: string): boolean {
    return realmHost().parseUrl(String(url), textOf(base)) !== null;
  }

  static createObjectURL(): never {
    throw new TypeError("URL.createObjectURL is not supported");
  }

  get searchParams(): URLSearchParams {
    return this.#searchParams;
  }

  get origin(): string {
    return this.#parts.origin;
  }

  get href(): string {
    return this.#parts.href;
  }

  set href(value: string) {
    this.#parts = parsed(value);
    this.#searchParams[replaceText](this.#parts.search);
  }

  get protocol(): string {
    return this.#parts.protocol;
  }

  set protocol(value: string) {
    this.#assign("protocol", value);
  }

  get username(): string {
    return this.#parts.username;
  }

  set username(value: string) {
    this.#assign("username", value);
  }

  get password(): string {
    return this.#parts.password;
  }

  set password(value: string) {
    this.#assign("password", value);
  }

  get host(): string {
    return this.#parts.host;
  }

  set host(value: string) {
    this.#assign("host", value);
  }

  get hostname(): string {
    return this.#parts.hostname;
  }

  set hostname(value: string) {
    this.#assign("hostname", value);
  }

  get port(): string {
    return this.#parts.port;
  }

  set port(value: string) {
    this.#assign("port", value);
  }

  get pathname(): string {
    return this.#parts.pathname;
  }

  set pathname(value: string) {
    this.#assign("pathname", value);
  }

  get search(): string {
    return this.#parts.search;
  }

  set search(value: string) {
    this.#assign("search", value);
    this.#searchParams[replaceText](this.#parts.search);
  }

  get hash(): string {
    return this.#parts.hash;
  }

  set hash(value: string) {
    this.#assign("hash", value);
  }

  toString(): string {
    return this.#parts.href;
  }

  toJSON(): string {
    return this.#parts.href;
  }

  get [Symbol.toStringTag](): string {
    return "URL";
  }

  #assign(part: Settable, value: string): void {
    this.#parts = realmHost().changeUrl(this.#parts.href, part, String(value));
  }
}

function parsed(url: string | URL, base?: string | URL): UrlParts {
  const parts = realmHost().parseUrl(String(url), textOf(base));
  if (parts !== null) return parts;
  throw Object.assign(new TypeError("Invalid URL"), {
    code: "ERR_INVALID_URL",
    input: String(url),
  });
}

function textOf(base: string | URL | undefined): string | null {
  return base === undefined ? null : String(base);
}
