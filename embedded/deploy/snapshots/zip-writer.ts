import { createWriteStream } from "node:fs";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import yazl from "yazl";

export type ZipEntry = {
  path: string;
  content: () => AsyncIterable<Uint8Array>;
};

/** One entry after the other, as fast as the disk takes them. When it resolves the file is whole and durable. */
export async function writeZip(
  file: string,
  entries: AsyncIterable<ZipEntry>,
  signal: AbortSignal,
): Promise<void> {
  const zip = new yazl.ZipFile();
  const target = createWriteStream(file, {
    flags: "wx",
    mode: 0o600,
    flush: true,
  });
  await Promise.all([
    pipeline(zip.outputStream, target, { signal }),
    addAll(zip, entries, signal).catch((error: unknown) => {
      target.destroy();
      throw error;
    }),
  ]);
}

async function addAll(
  zip: yazl.ZipFile,
  entries: AsyncIterable<ZipEntry>,
  signal: AbortSignal,
): Promise<void> {
  for await (const entry of entries) await add(zip, entry, signal);
  zip.end();
}

/** Resolves when the content has been read. */
function add(
  zip: yazl.ZipFile,
  { path, content }: ZipEntry,
  signal: AbortSignal,
): Promise<void> {
  return new Promise((resolve, reject) => {
    zip.once("error", reject);
    zip.addReadStreamLazy(path, (give) => {
      const stream = Readable.from(content(), {
        objectMode: false,
        signal,
      });
      stream.once("error", reject);
      stream.once("end", () => {
        zip.off("error", reject);
        resolve();
      });
      give(null, stream);
    });
  });
}
