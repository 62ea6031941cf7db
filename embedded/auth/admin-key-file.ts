import {
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname } from "node:path";
import { StorageError } from "../storage/storage-error";

/**
 * The key in `file`, made on the first start; only its owner may read it. The file appears with its content or not at
 * all: neither a crash nor a second process that starts at the same moment leaves half of a key or replaces one.
 */
export function readOrMakeAdminKey(file: string, make: () => string): string {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  if (!existsSync(file)) publish(file, make());
  const key = readFileSync(file, "utf8").trim();
  if (key !== "") return key;
  const text = `The admin key file ${file} is empty; delete it, and the next start makes a new key.`;
  throw new StorageError("failed", text);
}

function publish(file: string, key: string): void {
  const unpublished = `${file}.${process.pid}`;
  writeFileSync(unpublished, `${key}\n`, { mode: 0o600, flush: true });
  try {
    linkSync(unpublished, file);
  } catch (error) {
    if (!existsSync(file)) throw error;
  } finally {
    rmSync(unpublished, { force: true });
  }
}
