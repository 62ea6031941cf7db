/** The host's half of every realm's web platform: text, URLs, compression, context. Nothing here calls user code. */
import { AsyncLocalStorage } from "node:async_hooks";
import * as zlib from "node:zlib";
import { bytesOf } from "./host-bytes";
import type {
  HostCodec,
  HostDecoder,
  HostPlatform,
  HostStorage,
  UrlParts,
} from "./realm-host";

const MAX_DECOMPRESSED_BYTES = 64 * 1024 * 1024;

export const HOST_PLATFORM: HostPlatform = {
  utf8Length: (text) => Buffer.byteLength(text),
  utf8Write: (text, target) => {
    const { read, written } = new TextEncoder().encodeInto(
      text,
      bytesOf(target),
    );
    return `${read},${written}`;
  },
  createDecoder,
  atob: (text) => orNull(() => atob(text)),
  btoa: (binary) => orNull(() => btoa(binary)),
  parseUrl: (url, base) =>
    orNull(() => partsOf(base === null ? new URL(url) : new URL(url, base))),
  changeUrl: (href, part, value) => {
    const url = new URL(href);
    url[part] = value;
    return partsOf(url);
  },
  createCodec,
  createStorage,
  captureContext: () => {
    const within = AsyncLocalStorage.snapshot();
    return { run: (thunk) => within(thunk) };
  },
};

function orNull<T>(work: () => T): T | null {
  try {
    return work();
  } catch {
    return null;
  }
}

function createDecoder(
  label: string,
  fatal: boolean,
  ignoreBOM: boolean,
): HostDecoder {
  const decoder = new TextDecoder(label, { fatal, ignoreBOM });
  return {
    encoding: decoder.encoding,
    decode: (bytes, isPart) =>
      decoder.decode(bytesOf(bytes), { stream: isPart }),
  };
}

function partsOf(url: URL): UrlParts {
  const { href, origin, protocol, username, password } = url;
  const { host, hostname, port, pathname, search, hash } = url;
  return {
    href,
    origin,
    protocol,
    username,
    password,
    host,
    hostname,
    port,
    pathname,
    search,
    hash,
  };
}

const COMPRESS: { [format: string]: (bytes: Buffer) => Buffer } = {
  gzip: (bytes) => zlib.gzipSync(bytes),
  deflate: (bytes) => zlib.deflateSync(bytes),
  "deflate-raw": (bytes) => zlib.deflateRawSync(bytes),
};
const DECOMPRESS: typeof COMPRESS = {
  gzip: (bytes) =>
    zlib.gunzipSync(bytes, { maxOutputLength: MAX_DECOMPRESSED_BYTES }),
  deflate: (bytes) =>
    zlib.inflateSync(bytes, { maxOutputLength: MAX_DECOMPRESSED_BYTES }),
  "deflate-raw": (bytes) =>
    zlib.inflateRawSync(bytes, { maxOutputLength: MAX_DECOMPRESSED_BYTES }),
};

function createCodec(
  format: string,
  direction: "compress" | "decompress",
): HostCodec {
  const codecs = direction === "compress" ? COMPRESS : DECOMPRESS;
  const codec = Object.hasOwn(codecs, format) ? codecs[format] : undefined;
  if (codec === undefined)
    throw new TypeError(`Unsupported compression format: '${format}'`);
  const chunks: Uint8Array[] = [];
  return {
    add: (bytes) => void chunks.push(bytesOf(bytes).slice()),
    finish: () => codec(Buffer.concat(chunks)),
  };
}

function createStorage(): HostStorage {
  const storage = new AsyncLocalStorage<unknown>();
  return {
    run: (store, thunk) => storage.run(store, thunk),
    enter: (store) => storage.enterWith(store),
    get: () => storage.getStore(),
  };
}
