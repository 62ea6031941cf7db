/** A `Blob` whose promises are made in the realm, so that queries and mutations can await them. */
export function installBlob(): void {
  Object.defineProperty(globalThis, "Blob", {
    value: RealmBlob,
    writable: true,
    configurable: true,
  });
}

type BlobPart = string | ArrayBuffer | ArrayBufferView | RealmBlob;

class RealmBlob {
  readonly #bytes: Uint8Array;
  readonly type: string;

  constructor(parts: BlobPart[] = [], options: { type?: string } = {}) {
    this.#bytes = concatenate(parts.map((part) => RealmBlob.#bytesOf(part)));
    this.type = (options.type ?? "").toLowerCase();
  }

  get size(): number {
    return this.#bytes.length;
  }

  get [Symbol.toStringTag](): string {
    return "Blob";
  }

  async arrayBuffer(): Promise<ArrayBuffer> {
    return this.#bytes.slice().buffer;
  }

  async bytes(): Promise<Uint8Array> {
    return this.#bytes.slice();
  }

  async text(): Promise<string> {
    return new TextDecoder().decode(this.#bytes);
  }

  slice(start?: number, end?: number, type = ""): RealmBlob {
    return new RealmBlob([this.#bytes.slice(start, end)], { type });
  }

  static #bytesOf(part: BlobPart): Uint8Array {
    if (part instanceof RealmBlob) return part.#bytes;
    if (typeof part === "string") return new TextEncoder().encode(part);
    return ArrayBuffer.isView(part)
      ? new Uint8Array(part.buffer, part.byteOffset, part.byteLength)
      : new Uint8Array(part);
  }
}

function concatenate(chunks: Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(
    chunks.reduce((total, chunk) => total + chunk.length, 0),
  );
  let offset = 0;
  for (const chunk of chunks) {
    all.set(chunk, offset);
    offset += chunk.length;
  }
  return all;
}
