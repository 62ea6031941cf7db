/** The bytes of stored files. Keys are chosen by `FileStore`; a staged file becomes visible by `publish`. */
import { createHash, randomUUID } from "node:crypto";
import * as fs from "node:fs";
import path from "node:path";
import { Readable } from "node:stream";

export interface StagedFile {
  stagingKey: string;
  size: number;
  sha256: Uint8Array;
}

export interface StorageFiles {
  /** Resolves when the bytes are durable. */
  stage(body: AsyncIterable<Uint8Array>): Promise<StagedFile>;
  stageSync(bytes: Uint8Array): StagedFile;
  /** Durable when it returns: metadata may be committed afterwards. */
  publish(stagingKey: string, key: string): void;
  publishAll(files: readonly { stagingKey: string; key: string }[]): void;
  /** Removes a staged file; nothing happens when it was published. */
  discard(stagingKey: string): void;
  get(key: string): Uint8Array | null;
  stream(
    key: string,
    range?: { start: number; end: number },
  ): ReadableStream<Uint8Array>;
  delete(key: string): void;
}

/** Files in a folder, one per key. */
export function createFolderFiles(folder: string): StorageFiles {
  fs.mkdirSync(path.join(folder, "staging"), { recursive: true });
  const staged = (key: string) => path.join(folder, "staging", key);
  const published = (key: string) => path.join(folder, key);
  const publishAll: StorageFiles["publishAll"] = (files) => {
    for (const { stagingKey, key } of files)
      fs.renameSync(staged(stagingKey), published(key));
    syncFolder(folder);
  };
  return {
    publishAll,
    discard: (stagingKey) => fs.rmSync(staged(stagingKey), { force: true }),
    stage: (body) => stageToFile(body, staged),
    stageSync: (bytes) => {
      const stagingKey = randomUUID();
      fs.writeFileSync(staged(stagingKey), bytes, { flush: true });
      return {
        stagingKey,
        size: bytes.length,
        sha256: createHash("sha256").update(bytes).digest(),
      };
    },
    publish: (stagingKey, key) => publishAll([{ stagingKey, key }]),
    get: (key) =>
      fs.existsSync(published(key)) ? fs.readFileSync(published(key)) : null,
    stream: (key, range) =>
      Readable.toWeb(
        fs.createReadStream(published(key), rangeOptions(range)),
      ) as ReadableStream<Uint8Array>,
    delete: (key) => fs.rmSync(published(key), { force: true }),
  };
}

async function stageToFile(
  body: AsyncIterable<Uint8Array>,
  staged: (key: string) => string,
): Promise<StagedFile> {
  const stagingKey = randomUUID();
  const hash = createHash("sha256");
  const file = await fs.promises.open(staged(stagingKey), "wx");
  let size = 0;
  try {
    for await (const chunk of body) {
      hash.update(chunk);
      size += chunk.length;
      await file.write(chunk);
    }
    await file.sync();
  } finally {
    await file.close();
  }
  return { stagingKey, size, sha256: hash.digest() };
}

/** Streams count the last byte in; ranges here do not. */
function rangeOptions(range: { start: number; end: number } | undefined): {
  start?: number;
  end?: number;
} {
  return range === undefined ? {} : { start: range.start, end: range.end - 1 };
}

/** A rename is durable only when its folder is. */
function syncFolder(folder: string): void {
  const descriptor = fs.openSync(folder, "r");
  try {
    fs.fsyncSync(descriptor);
  } finally {
    fs.closeSync(descriptor);
  }
}

/** For tests and in-process backends. */
export function createMemoryFiles(): StorageFiles {
  const files = new Map<string, Uint8Array>();
  const stageSync = (bytes: Uint8Array): StagedFile => {
    const stagingKey = randomUUID();
    files.set(`staging/${stagingKey}`, bytes.slice());
    return {
      stagingKey,
      size: bytes.length,
      sha256: createHash("sha256").update(bytes).digest(),
    };
  };
  const publish: StorageFiles["publish"] = (stagingKey, key) => {
    files.set(key, files.get(`staging/${stagingKey}`) ?? new Uint8Array());
    files.delete(`staging/${stagingKey}`);
  };
  return {
    stageSync,
    publish,
    publishAll: (pairs) => {
      for (const { stagingKey, key } of pairs) publish(stagingKey, key);
    },
    discard: (stagingKey) => void files.delete(`staging/${stagingKey}`),
    stage: async (body) => {
      const chunks: Uint8Array[] = [];
      for await (const chunk of body) chunks.push(chunk);
      return stageSync(Buffer.concat(chunks));
    },
    get: (key) => files.get(key) ?? null,
    stream: (key, range) => {
      const bytes = files.get(key) ?? new Uint8Array();
      return new Blob([
        bytes.slice(range?.start, range?.end),
      ]).stream() as ReadableStream<Uint8Array>;
    },
    delete: (key) => void files.delete(key),
  };
}
