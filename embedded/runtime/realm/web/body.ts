/** What `Request` and `Response` share: a body that is read once. */
import { ReadableStream } from "web-streams-polyfill";
import { Blob, concatenate, streamOf } from "./blob";
import { FormData } from "./form-data";
import type { Headers } from "./headers";
import { decodeMultipart, encodeMultipart } from "./multipart";
import {
  type BinaryData,
  decodeText,
  encodeText,
  viewOf,
} from "./text-encoding";
import { URLSearchParams } from "./url-search-params";

export type BodyInit =
  | string
  | BinaryData
  | Blob
  | FormData
  | URLSearchParams
  | ReadableStream<Uint8Array>;
type Extracted = { source: Uint8Array | ReadableStream; type: string | null };

export class Body {
  readonly headers: Headers;
  #source: Uint8Array | ReadableStream | null;
  #stream: ReadableStream<Uint8Array> | null = null;
  #used = false;

  constructor(headers: Headers, init: BodyInit | null | undefined) {
    this.headers = headers;
    const extracted =
      init === null || init === undefined ? null : extract(init);
    this.#source = extracted?.source ?? null;
    if (
      extracted !== null &&
      extracted.type !== null &&
      !headers.has("content-type")
    )
      headers.set("content-type", extracted.type);
  }

  get body(): ReadableStream<Uint8Array> | null {
    if (this.#source === null) return null;
    this.#stream ??=
      this.#source instanceof ReadableStream
        ? (this.#source as ReadableStream<Uint8Array>)
        : streamOf(this.#source);
    return this.#stream;
  }

  get bodyUsed(): boolean {
    return this.#used;
  }

  async arrayBuffer(): Promise<ArrayBuffer> {
    return (await this.#take()).slice().buffer;
  }

  async bytes(): Promise<Uint8Array> {
    return (await this.#take()).slice();
  }

  async text(): Promise<string> {
    return decodeText(await this.#take());
  }

  async json(): Promise<unknown> {
    return JSON.parse(await this.text()) as unknown;
  }

  async blob(): Promise<Blob> {
    const type = this.headers.get("content-type") ?? "";
    return new Blob([await this.#take()], { type });
  }

  async formData(): Promise<FormData> {
    const type = this.headers.get("content-type") ?? "";
    const bytes = await this.#take();
    if (/^multipart\/form-data/i.test(type))
      return decodeMultipart(bytes, type);
    if (!/^application\/x-www-form-urlencoded/i.test(type))
      throw new TypeError("The body is neither multipart nor url-encoded");
    const form = new FormData();
    for (const [name, value] of new URLSearchParams(decodeText(bytes)))
      form.append(name, value);
    return form;
  }

  /** The bytes when they are here, the stream when they are still to come. For those who pass the body on. */
  protected takeBody(): Uint8Array | ReadableStream<Uint8Array> | null {
    this.#refuseReuse();
    if (this.#source === null) return null;
    this.#used = true;
    return this.#stream ?? this.#source;
  }

  protected teeBody(): BodyInit | null {
    this.#refuseReuse();
    if (this.#source === null) return null;
    if (this.#source instanceof Uint8Array && this.#stream === null)
      return this.#source.slice();
    const [mine, other] = (this.body ?? streamOf(new Uint8Array())).tee();
    this.#source = mine;
    this.#stream = mine;
    return other;
  }

  #refuseReuse(): void {
    if (this.#used || this.#stream?.locked === true)
      throw new TypeError("Body is unusable: Body has already been read");
  }

  async #take(): Promise<Uint8Array<ArrayBuffer>> {
    const source = this.takeBody();
    if (source === null) return new Uint8Array();
    return source instanceof Uint8Array
      ? source.slice()
      : concatenate(await chunksOf(source));
  }
}

async function chunksOf(
  stream: ReadableStream<unknown>,
): Promise<Uint8Array[]> {
  const chunks: Uint8Array[] = [];
  const reader = stream.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return chunks;
    chunks.push(chunkBytes(value));
  }
}

export function chunkBytes(chunk: unknown): Uint8Array {
  if (typeof chunk === "string") return encodeText(chunk);
  if (ArrayBuffer.isView(chunk) || chunk instanceof ArrayBuffer)
    return viewOf(chunk);
  throw new TypeError("A body's chunks must be bytes");
}

function extract(init: BodyInit): Extracted {
  if (init instanceof ReadableStream) return { source: init, type: null };
  if (init instanceof Blob)
    return { source: init.stream(), type: init.type === "" ? null : init.type };
  if (init instanceof FormData) {
    const { type, body } = encodeMultipart(init);
    return { source: body.stream(), type };
  }
  if (init instanceof URLSearchParams)
    return {
      source: encodeText(init.toString()),
      type: "application/x-www-form-urlencoded;charset=UTF-8",
    };
  if (ArrayBuffer.isView(init) || init instanceof ArrayBuffer)
    return { source: viewOf(init).slice(), type: null };
  return {
    source: encodeText(String(init)),
    type: "text/plain;charset=UTF-8",
  };
}
