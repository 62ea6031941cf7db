/** What is in the zip file of a snapshot: a text per table, an entry per stored file. */
import { Readable } from "node:stream";
import type { ReadableStream as NodeWebStream } from "node:stream/web";
import type {
  ComponentPath,
  DatabaseSnapshot,
  SnapshotTable,
} from "../../database/types";
import { fileKey } from "../../runtime/files/file-store";
import type { StorageFiles } from "../../runtime/files/storage-files";
import { decodeId } from "../../values/document-id";
import { extensionOf } from "./file-extension";
import {
  componentPrefix,
  documentsPath,
  STORAGE_FOLDER,
  TABLES_FOLDER,
} from "./snapshot-layout";
import type { ZipEntry } from "./zip-writer";

const README = `# Snapshot

One consistent state of a deployment. A folder per table holds its documents, one JSON text per line, in
\`documents.jsonl\`; \`_tables\` names the tables with their numbers, \`_storage\` holds the stored files, and
\`_components\` the same for each component. \`npx convex import\` restores it into an empty deployment.
`;

type Options = {
  snapshot: DatabaseSnapshot;
  files: StorageFiles;
  includeStorage: boolean;
  /** Null for all. */
  component: ComponentPath | null;
};
type StoredRow = { _id: string; contentType?: string };

/** Entries must be read in this order, each to its end before the next is asked for. */
export async function* snapshotEntries(
  options: Options,
): AsyncGenerator<ZipEntry> {
  yield textEntry("README.md", README);
  for (const component of componentsOf(options))
    yield* componentEntries(component, options);
}

function componentsOf({ snapshot, component }: Options): ComponentPath[] {
  if (component !== null) return [component];
  const paths = snapshot.tables.map((table) => table.component);
  return [...new Set(["", ...paths])].sort();
}

async function* componentEntries(
  component: ComponentPath,
  options: Options,
): AsyncGenerator<ZipEntry> {
  const own = options.snapshot.tables
    .filter((table) => table.component === component)
    .sort((left, right) => left.number - right.number);
  const tables = own.filter(({ name }) => !name.startsWith("_"));
  const storage = own.find(({ name }) => name === STORAGE_FOLDER);
  if (tables.length > 0)
    yield textEntry(
      documentsPath(component, TABLES_FOLDER),
      tables.map(({ name, number }) => line({ name, id: number })).join(""),
    );
  if (storage !== undefined && options.includeStorage)
    yield* storageEntries(storage, options);
  for (const table of tables) yield* tableEntries(table, options.snapshot);
}

function* tableEntries(
  table: SnapshotTable,
  snapshot: DatabaseSnapshot,
): Generator<ZipEntry> {
  const { component, name } = table;
  yield {
    path: documentsPath(component, name),
    content: () => joined(snapshot.documents(table)),
  };
  yield textEntry(
    `${componentPrefix(component)}${name}/generated_schema.jsonl`,
    line("any"),
  );
}

/** The names of the files are learnt while their metadata is written. */
async function* storageEntries(
  table: SnapshotTable,
  { snapshot, files }: Options,
): AsyncGenerator<ZipEntry> {
  const names: { id: string; extension: string }[] = [];
  const rows = function* () {
    for (const batch of snapshot.documents(table)) {
      yield batch.map((text) => {
        const row = JSON.parse(text) as StoredRow;
        const extension = extensionOf(row.contentType ?? null);
        names.push({ id: row._id, extension });
        return JSON.stringify({ ...row, internalId: internalIdOf(row._id) });
      });
    }
  };
  const { component } = table;
  yield {
    path: documentsPath(component, STORAGE_FOLDER),
    content: () => joined(rows()),
  };
  for (const { id, extension } of names) {
    yield {
      path: `${componentPrefix(component)}${STORAGE_FOLDER}/${id}${extension}`,
      content: () =>
        Readable.fromWeb(
          files.stream(fileKey(component, id)) as NodeWebStream<Uint8Array>,
        ),
    };
  }
}

/** Between two batches the event loop serves clients. */
async function* joined(
  batches: Iterable<string[]>,
): AsyncGenerator<Uint8Array> {
  for (const batch of batches) {
    yield Buffer.from(`${batch.join("\n")}\n`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

function textEntry(path: string, text: string): ZipEntry {
  return { path, content: () => joined([[text.trimEnd()]]) };
}

function line(value: unknown): string {
  return `${JSON.stringify(value)}\n`;
}

function internalIdOf(id: string): string {
  return Buffer.from(decodeId(id)?.internalId ?? []).toString("hex");
}
