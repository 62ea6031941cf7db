/** `TextEncoder`, `TextDecoder`, `atob` and `btoa`: the work is the host's, the bytes are the realm's own. */
import { guarded, realmHost } from "../host-connection";
import type { HostDecoder } from "../realm-host";
import { DOMException } from "./dom-exception";

export type BinaryData = ArrayBuffer | ArrayBufferView;

/** The same memory. */
export function viewOf(data: BinaryData): Uint8Array<ArrayBuffer> {
  return ArrayBuffer.isView(data)
    ? new Uint8Array(
        data.buffer as ArrayBuffer,
        data.byteOffset,
        data.byteLength,
      )
    : new Uint8Array(data);
}

/** Bytes of the host as bytes of this realm. */
export function ownBytes(hostBytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(hostBytes);
}

export function encodeText(text: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(realmHost().utf8Length(text));
  realmHost().utf8Write(text, bytes);
  return bytes;
}

export function decodeText(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

export class TextEncoder {
  get encoding(): string {
    return "utf-8";
  }

  encode(text = ""): Uint8Array {
    return encodeText(String(text));
  }

  encodeInto(
    text: string,
    target: Uint8Array,
  ): { read: number; written: number } {
    const [read, written] = realmHost()
      .utf8Write(String(text), target)
      .split(",");
    return { read: Number(read), written: Number(written) };
  }

  get [Symbol.toStringTag](): string {
    return "TextEncoder";
  }
}

export class TextDecoder {
  readonly #decode: HostDecoder["decode"];
  readonly encoding: string;
  readonly fatal: boolean;
  readonly ignoreBOM: boolean;

  constructor(
    label = "utf-8",
    options: { fatal?: boolean; ignoreBOM?: boolean } = {},
  ) {
    this.fatal = options.fatal ?? false;
    this.ignoreBOM = options.ignoreBOM ?? false;
    const decoder = realmHost().createDecoder(
      String(label),
      this.fatal,
      this.ignoreBOM,
    );
    this.encoding = decoder.encoding;
    this.#decode = guarded(decoder.decode);
  }

  decode(data?: BinaryData, options: { stream?: boolean } = {}): string {
    const bytes = data === undefined ? new Uint8Array() : viewOf(data);
    return this.#decode(bytes, options.stream ?? false);
  }

  get [Symbol.toStringTag](): string {
    return "TextDecoder";
  }
}

export function atob(text: string): string {
  const binary = realmHost().atob(String(text));
  if (binary !== null) return binary;
  throw new DOMException(
    "The string to be decoded is not correctly encoded.",
    "InvalidCharacterError",
  );
}

export function btoa(binary: string): string {
  const text = realmHost().btoa(String(binary));
  if (text !== null) return text;
  throw new DOMException("Invalid character", "InvalidCharacterError");
}
