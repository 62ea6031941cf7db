/**
 * In exports of other deployments the ids of stored files carry another table number than here. They get ours, and the
 * documents that name them are changed accordingly, so that they keep finding their files.
 */
import type { JSONValue } from "convex/values";
import { SYSTEM_TABLES } from "../../database/system-tables";
import type { ComponentPath, DocumentJson } from "../../database/types";
import { decodeId, encodeId } from "../../values/document-id";
import { STORAGE_FOLDER } from "./snapshot-layout";

type NamedFile = { component: ComponentPath; storageId: string };
/** Foreign ids with what they become. */
export type RenamedFiles = ReadonlyMap<string, string>;

export function renamedFiles(
  files: readonly NamedFile[],
  component: ComponentPath,
): RenamedFiles {
  const number = SYSTEM_TABLES[STORAGE_FOLDER]?.number ?? 0;
  const renamed = new Map<string, string>();
  for (const file of files) {
    const decoded = decodeId(file.storageId);
    if (file.component !== component || decoded === null) continue;
    if (decoded.tableNumber !== number)
      renamed.set(file.storageId, encodeId(number, decoded.internalId));
  }
  return renamed;
}

export async function* withRenamedFiles(
  batches: AsyncIterable<DocumentJson[]>,
  renamed: RenamedFiles,
): AsyncGenerator<DocumentJson[]> {
  if (renamed.size === 0) yield* batches;
  else
    for await (const batch of batches)
      yield batch.map(
        (document) => renameIn(document, renamed) as DocumentJson,
      );
}

function renameIn(value: JSONValue, renamed: RenamedFiles): JSONValue {
  if (typeof value === "string") return renamed.get(value) ?? value;
  if (Array.isArray(value)) return value.map((item) => renameIn(item, renamed));
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([key, inner]) => [
    key,
    inner === undefined ? inner : renameIn(inner, renamed),
  ]);
  return Object.fromEntries(entries) as JSONValue;
}
