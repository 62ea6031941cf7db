/** Bodies as they were before `content-encoding`. */
import { pipeline, Readable, type Transform } from "node:stream";
import { constants, createBrotliDecompress, createGunzip } from "node:zlib";
import { createInflate } from "undici/lib/web/fetch/util.js";
import { Terminated } from "./chunk-queue";

const MAX_ENCODINGS = 5;
/** What is there is decoded at once, and an encoding without its end is no error, as browsers have it. */
const ZLIB = {
  flush: constants.Z_SYNC_FLUSH,
  finishFlush: constants.Z_SYNC_FLUSH,
};
const BROTLI = {
  flush: constants.BROTLI_OPERATION_FLUSH,
  finishFlush: constants.BROTLI_OPERATION_FLUSH,
};
const DECODERS: ReadonlyMap<string, () => Transform> = new Map([
  ["gzip", () => createGunzip(ZLIB)],
  ["x-gzip", () => createGunzip(ZLIB)],
  ["deflate", () => createInflate(ZLIB)],
  ["br", () => createBrotliDecompress(BROTLI)],
]);

/** The encodings in the order in which they are undone. None when one of them is unknown: the bytes are left as they are. */
export function decodersFor(
  encoding: string | string[] | undefined,
): (() => Transform)[] {
  if (encoding === undefined || encoding === "") return [];
  const names = String(encoding).toLowerCase().split(",");
  if (names.length > MAX_ENCODINGS)
    throw new Error(
      `too many content-encodings in response: ${names.length}, maximum allowed is ${MAX_ENCODINGS}`,
    );
  const found = names.map((name) => DECODERS.get(name.trim())).reverse();
  const known = found.filter((make) => make !== undefined);
  return known.length === found.length ? known : [];
}

export async function* decoded(
  body: AsyncIterable<Uint8Array>,
  decoders: readonly (() => Transform)[],
): AsyncGenerator<Uint8Array, undefined> {
  const streams = decoders.map((make) => make());
  const last = streams.at(-1);
  // What goes wrong anywhere is met where the last one is read.
  pipeline([Readable.from(body), ...streams], () => {});
  try {
    yield* last ?? body;
  } catch (error) {
    throw error instanceof Terminated ? error : new Terminated(error);
  }
}
