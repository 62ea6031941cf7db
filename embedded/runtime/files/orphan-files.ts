import type { Database } from "../../database/types";
import { ownerOf } from "./file-store";
import type { StorageFiles } from "./storage-files";

/** A younger file may belong to a commit that is still on its way. */
const YOUNG_MS = 3600 * 1000;

/**
 * Removes files that no document names: a crash came after the file was in place and before the commit that names it, or
 * after the commit that forgets it and before its removal. Returns how many.
 */
export async function removeOrphanFiles(options: {
  database: Pick<Database, "read">;
  files: StorageFiles;
  nowMs: number;
  isStopped: () => boolean;
}): Promise<number> {
  const { database, files, nowMs, isStopped } = options;
  let removed = 0;
  for await (const { key, changedAtMs } of files.list()) {
    if (isStopped()) break;
    if (changedAtMs > nowMs - YOUNG_MS || isNamed(database, key)) continue;
    files.delete(key);
    removed += 1;
  }
  return removed;
}

/** A file of a name that is not ours is left alone. */
function isNamed(database: Pick<Database, "read">, key: string): boolean {
  const owner = ownerOf(key);
  if (owner === null) return true;
  const { component, id } = owner;
  const { value } = database.read((tx) =>
    tx.system.get(component, "_storage", id),
  );
  return value !== null;
}
