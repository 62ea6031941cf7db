/** Names inside a snapshot's zip file, as Convex lays them out (protocol section 1.6). */
import type { ComponentPath } from "../../database/types";

export const TABLES_FOLDER = "_tables";
export const STORAGE_FOLDER = "_storage";
const DOCUMENTS = "documents.jsonl";

/** What a path inside the zip file means; null for what is not imported, such as the README. */
export type SnapshotEntry =
  | { kind: "tables"; component: ComponentPath }
  | { kind: "documents"; component: ComponentPath; table: string }
  | { kind: "file"; component: ComponentPath; storageId: string };

export function componentPrefix(component: ComponentPath): string {
  if (component === "") return "";
  return component
    .split("/")
    .map((name) => `_components/${name}/`)
    .join("");
}

export function documentsPath(component: ComponentPath, table: string): string {
  return `${componentPrefix(component)}${table}/${DOCUMENTS}`;
}

export function parseEntryPath(path: string): SnapshotEntry | null {
  const segments = path.split("/");
  const names: string[] = [];
  while (segments[0] === "_components" && segments.length > 2)
    names.push(segments.splice(0, 2)[1] ?? "");
  const [folder = "", file = "", ...rest] = segments;
  if (rest.length > 0 || file === "") return null;
  return parsePlace(names.join("/"), folder, file);
}

function parsePlace(
  component: ComponentPath,
  folder: string,
  file: string,
): SnapshotEntry | null {
  if (folder === TABLES_FOLDER)
    return file === DOCUMENTS ? { kind: "tables", component } : null;
  if (file === DOCUMENTS)
    return { kind: "documents", component, table: folder };
  if (folder !== STORAGE_FOLDER || file.endsWith(".jsonl")) return null;
  return {
    kind: "file",
    component,
    storageId: file.replace(/\..*$/, ""),
  };
}
