/** The bytes of stored files. Keys are chosen by `FileStore`; a staged file becomes visible by `publish`. */
import { createHash, randomUUID } from "node:crypto";
import * as fs from "node:fs";
import path from "node:path";
import { Readable } from "node:stream";
import { toStorageError } from "../../storage/storage-error";

export interface StagedFile {
  stagingKey: string;
  size: number;
  sha256: Uint8Array;
}

/** What writes throws `StorageError` when the disk refuses, and then leaves nothing behind. */
export interface StorageFiles {
  /** Resolves when the bytes are durable. Fails as `body` does. */
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
  /** What is published, in no order. */
  list(): AsyncIterable<{ key: string; changedAtMs: number }>;
}

/** Files in a folder, one per key; of this process alone. What was staged when the last one died goes. */
export function createFolderFiles(folder: string): StorageFiles {
  fs.rmSync(path.join(folder, "staging"), { recursive: true, force: true });
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
      writeWhole(staged(stagingKey), bytes);
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
    list: () => listFolder(folder),
  };
}

async function stageToFile(
  body: AsyncIterable<Uint8Array>,
  staged: (key: string) => string,
): Promise<StagedFile> {
  const stagingKey = randomUUID();
  const hash = createHash("sha256");
  const target = staged(stagingKey);
  const file = await refusable(target, fs.promises.open(target, "wx"));
  let size = 0;
  try {
    for await (const chunk of body) {
      hash.update(chunk);
      size += chunk.length;
      await refusable(target, file.writeFile(chunk));
    }
    await refusable(target, file.sync());
  } catch (error) {
    fs.rmSync(target, { force: true });
    throw error;
  } finally {
    await file.close();
  }
  return { stagingKey, size, sha256: hash.digest() };
}

function refusable<T>(target: string, work: Promise<T>): Promise<T> {
  return work.catch((error: unknown) => {
    throw toStorageError(error, target);
  });
}

function writeWhole(target: string, bytes: Uint8Array): void {
  try {
    fs.writeFileSync(target, bytes, { flush: true });
  } catch (error) {
    fs.rmSync(target, { force: true });
    throw toStorageError(error, target);
  }
}

async function* listFolder(
  folder: string,
): AsyncGenerator<{ key: string; changedAtMs: number }> {
  for await (const entry of await fs.promises.opendir(folder)) {
    if (!entry.isFile()) continue;
    const file = path.join(folder, entry.name);
    const stats = await fs.promises.stat(file).catch(() => null);
    if (stats !== null) yield { key: entry.name, changedAtMs: stats.ctimeMs };
  }
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
      return new Blob([bytes.slice(range?.start, range?.end)]).stream();
    },
    delete: (key) => void files.delete(key),
    list: async function* () {
      for (const key of files.keys())
        if (!key.startsWith("staging/")) yield { key, changedAtMs: 0 };
    },
  };
}
