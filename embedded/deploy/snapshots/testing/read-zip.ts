import { buffer } from "node:stream/consumers";
import yauzl from "yauzl";

/** All entries of a zip file by name. */
export async function readZip(bytes: Buffer): Promise<Map<string, Buffer>> {
  const zip = await yauzl.fromBufferPromise(bytes, { lazyEntries: true });
  const entries = new Map<string, Buffer>();
  for await (const entry of zip.eachEntry())
    entries.set(
      entry.fileName,
      await buffer(await zip.openReadStreamPromise(entry)),
    );
  return entries;
}
