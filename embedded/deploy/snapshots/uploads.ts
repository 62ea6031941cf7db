/** Files that arrive in parts and are put together on disk; memory holds one chunk at a time. */
import { randomUUID } from "node:crypto";
import {
  createReadStream,
  createWriteStream,
  existsSync,
  mkdirSync,
  rmSync,
} from "node:fs";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { BackendError } from "../../database/backend-error";

const MAX_PARTS = 10_000;
const UUID = /^[0-9a-f-]{36}$/;

export class Uploads {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** What earlier lives of the process have left belongs to nobody. */
  clear(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  start(): string {
    const token = randomUUID();
    mkdirSync(join(this.#folder, token), { recursive: true, mode: 0o700 });
    return token;
  }

  /** Returns what stands for the part in `finish`. A part may be sent again. */
  async addPart(
    token: string,
    number: number,
    body: AsyncIterable<Uint8Array>,
  ): Promise<string> {
    if (!Number.isInteger(number) || number < 1 || number > MAX_PARTS)
      throw invalid(`Part numbers are 1 to ${MAX_PARTS}`);
    const part = `${number}-${randomUUID()}`;
    const path = join(this.#open(token), part);
    await pipeline(body, createWriteStream(path, { mode: 0o600 }));
    return part;
  }

  /** The path of the whole file; it is the caller's until `discard`. */
  async finish(token: string, parts: readonly string[]): Promise<string> {
    const folder = this.#open(token);
    const paths = parts.map((part) => join(folder, checkedPart(part)));
    if (paths.some((path) => !existsSync(path)))
      throw invalid("A part of the upload is missing");
    const whole = join(folder, "whole");
    await pipeline(joined(paths), createWriteStream(whole, { mode: 0o600 }));
    return whole;
  }

  discard(token: string): void {
    if (UUID.test(token))
      rmSync(join(this.#folder, token), { recursive: true, force: true });
  }

  #open(token: string): string {
    const folder = join(this.#folder, token);
    if (UUID.test(token) && existsSync(folder)) return folder;
    throw invalid("There is no such upload");
  }
}

/** Each part is removed once copied, so that the file needs its space on disk once. */
async function* joined(paths: readonly string[]): AsyncGenerator<Buffer> {
  for (const path of paths) {
    for await (const chunk of createReadStream(path)) yield chunk as Buffer;
    rmSync(path);
  }
}

function checkedPart(part: string): string {
  const [, name] = /^(\d+-[0-9a-f-]{36})$/.exec(part) ?? [];
  if (name === undefined) throw invalid("That is not a part of the upload");
  return name;
}

function invalid(message: string): BackendError {
  return new BackendError("InvalidUpload", message);
}
