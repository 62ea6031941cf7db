/** An uploaded file as tables and stored files, whatever its format. Both can be read any number of times. */
import { createReadStream } from "node:fs";
import yauzl from "yauzl";
import { BackendError } from "../../database/backend-error";
import type { ComponentPath, DocumentJson } from "../../database/types";
import { csvRows } from "./csv-rows";
import { elementsOf, linesOf } from "./json-texts";
import { renamedFiles, withRenamedFiles } from "./foreign-files";
import { parseDocument } from "./row-document";
import { parseEntryPath, STORAGE_FOLDER } from "./snapshot-layout";

export type ImportFormat = "csv" | "jsonLines" | "jsonArray" | "zip";
export type ImportTarget = {
  format: ImportFormat;
  /** Null for zip files, which name their tables. */
  table: string | null;
  component: ComponentPath;
};
export type SourceTable = {
  component: ComponentPath;
  name: string;
  /** From `_tables`; null when the file does not say. */
  number: number | null;
  rows: () => AsyncIterable<DocumentJson[]>;
};
export type SourceFile = {
  component: ComponentPath;
  storageId: string;
  bytes: () => Promise<AsyncIterable<Uint8Array>>;
};
export type ImportSource = {
  tables: SourceTable[];
  files: SourceFile[];
  close: () => void;
};

type Bytes = AsyncIterable<Uint8Array>;

export async function openSource(
  path: string,
  target: ImportTarget,
): Promise<ImportSource> {
  if (target.format === "zip") return openZip(path, target.component);
  const parse = ROWS[target.format];
  const table = {
    component: target.component,
    name: target.table ?? "",
    number: null,
    rows: () => parse(createReadStream(path) as Bytes),
  };
  return { tables: [table], files: [], close: () => undefined };
}

const ROWS = {
  csv: csvRows,
  jsonLines: (bytes: Bytes) => documentsOf(linesOf(bytes)),
  jsonArray: (bytes: Bytes) => documentsOf(elementsOf(bytes)),
};

async function* documentsOf(
  texts: AsyncIterable<string[]>,
): AsyncGenerator<DocumentJson[]> {
  for await (const batch of texts) yield batch.map(parseDocument);
}

async function openZip(
  path: string,
  base: ComponentPath,
): Promise<ImportSource> {
  const zip = await opened(path);
  const numbers = new Map<string, number>();
  const tables: Omit<SourceTable, "number">[] = [];
  const files: SourceFile[] = [];
  for await (const entry of zip.eachEntry()) {
    const place = parseEntryPath(entry.fileName);
    if (place === null) continue;
    const component = below(base, place.component);
    const bytes = () => zip.openReadStreamPromise(entry) as Promise<Bytes>;
    if (place.kind === "file")
      files.push({ component, storageId: place.storageId, bytes });
    else if (place.kind === "tables")
      await readNumbers(
        component,
        documentsOf(linesOf(await bytes())),
        numbers,
      );
    else
      tables.push({ component, name: place.table, rows: () => rowsOf(bytes) });
  }
  const withNumber = (table: Omit<SourceTable, "number">): SourceTable => ({
    ...table,
    number: numbers.get(`${table.component}:${table.name}`) ?? null,
  });
  return {
    ...withOwnFileIds(withStorage(tables, files).map(withNumber), files),
    close: () => zip.close(),
  };
}

function withOwnFileIds(
  tables: readonly SourceTable[],
  files: readonly SourceFile[],
): Omit<ImportSource, "close"> {
  const components = new Set(tables.map(({ component }) => component));
  const renamed = new Map(
    [...components].map((component) => [
      component,
      renamedFiles(files, component),
    ]),
  );
  const renamedIn = (component: ComponentPath) =>
    renamed.get(component) ?? new Map<string, string>();
  return {
    tables: tables.map((table) => ({
      ...table,
      rows: () => withRenamedFiles(table.rows(), renamedIn(table.component)),
    })),
    files: files.map((file) => ({
      ...file,
      storageId:
        renamedIn(file.component).get(file.storageId) ?? file.storageId,
    })),
  };
}

async function opened(path: string): Promise<yauzl.ZipFile> {
  try {
    return await yauzl.openPromise(path, {
      lazyEntries: true,
      autoClose: false,
    });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new BackendError(
      "InvalidZip",
      `The file is not a zip file: ${reason}`,
    );
  }
}

async function* rowsOf(
  bytes: () => Promise<Bytes>,
): AsyncGenerator<DocumentJson[]> {
  yield* documentsOf(linesOf(await bytes()));
}

async function readNumbers(
  component: ComponentPath,
  rows: AsyncIterable<DocumentJson[]>,
  numbers: Map<string, number>,
): Promise<void> {
  for await (const batch of rows) {
    for (const { name, id } of batch)
      if (typeof name === "string" && typeof id === "number")
        numbers.set(`${component}:${name}`, id);
  }
}

/** Files may come without their metadata. */
function withStorage(
  tables: readonly Omit<SourceTable, "number">[],
  files: readonly SourceFile[],
): Omit<SourceTable, "number">[] {
  const hasTable = (component: ComponentPath) =>
    tables.some(
      (table) => table.component === component && table.name === STORAGE_FOLDER,
    );
  const bare = [...new Set(files.map(({ component }) => component))].filter(
    (component) => !hasTable(component),
  );
  const none = async function* () {};
  return [
    ...tables,
    ...bare.map((component) => ({
      component,
      name: STORAGE_FOLDER,
      rows: none,
    })),
  ];
}

function below(base: ComponentPath, component: ComponentPath): ComponentPath {
  if (base === "" || component === "") return base + component;
  return `${base}/${component}`;
}
