/** One import from the uploaded file to its commit. */
import type {
  ComponentPath,
  Database,
  DocumentJson,
  TableImport,
  Transaction,
} from "../../database/types";
import type { StorageFiles } from "../../runtime/files/storage-files";
import { decodeId } from "../../values/document-id";
import { ImportFiles, storedFileKeys } from "./import-files";
import {
  planImport,
  type CountedTable,
  type ImportMode,
  type PlannedTable,
} from "./import-plan";
import {
  openSource,
  type ImportSource,
  type ImportTarget,
  type SourceTable,
} from "./import-source";
import { STORAGE_FOLDER } from "./snapshot-layout";

const FILES_AT_ONCE = 50;
const MOST_AT_ONCE = 500;
const SLICE_MS = 5;

export type ImportRequest = ImportTarget & { mode: ImportMode };
export type ImportProgress = {
  /** Called often. */
  at: (table: SourceTable, documents: number) => void;
  done: (table: SourceTable, documents: number) => void;
};

export class ImportJob {
  readonly #database: Database;
  readonly #files: StorageFiles;
  readonly #request: ImportRequest;
  readonly #path: string;
  readonly #signal: AbortSignal;
  #counted: CountedTable[] | null = null;
  #atOnce = 20;

  constructor(options: {
    database: Database;
    files: StorageFiles;
    request: ImportRequest;
    path: string;
    signal: AbortSignal;
  }) {
    this.#database = options.database;
    this.#files = options.files;
    this.#request = options.request;
    this.#path = options.path;
    this.#signal = options.signal;
  }

  /** As the tables are now. The first call reads the whole file; nothing is written. */
  async plan(): Promise<PlannedTable[]> {
    this.#counted ??= await this.#withSource(async (source) => {
      const counted: CountedTable[] = [];
      for (const table of source.tables)
        counted.push(await this.#count(table, source));
      return counted;
    });
    const { mode, format, component } = this.#request;
    return planImport(this.#counted, {
      mode,
      replaceBelow: format === "zip" ? component : null,
      tables: this.#database.importTables(),
    });
  }

  /**
   * Everything happens or nothing; `body` belongs to the same commit. Returns the number of documents written. What was
   * staged or replaced is left for `removeLeftovers`.
   */
  async run(
    progress: ImportProgress,
    body: (tx: Transaction, documents: number) => void,
  ): Promise<number> {
    const plan = await this.plan();
    return this.#withSource(async (source) => {
      const tables = this.#database.importTables();
      const files = new ImportFiles(this.#files);
      const replaced: string[] = [];
      let documents = 0;
      try {
        for (const place of plan) await tables.stage(place);
        for (const table of source.tables)
          documents += await this.#fill(tables, {
            table,
            source,
            files,
            progress,
          });
        this.#signal.throwIfAborted();
        await tables.publish((tx) => {
          replaced.push(...replacedFiles(tx, plan));
          files.publish();
          body(tx, documents);
        });
      } catch (error) {
        files.discard();
        throw error;
      }
      files.deleteReplaced(replaced);
      return documents;
    });
  }

  async #withSource<T>(work: (source: ImportSource) => Promise<T>): Promise<T> {
    const source = await openSource(this.#path, this.#request);
    try {
      return await work(source);
    } finally {
      source.close();
    }
  }

  async #count(
    table: SourceTable,
    { files }: ImportSource,
  ): Promise<CountedTable> {
    const { component, name } = table;
    let documents = 0;
    let number = table.number;
    for await (const batch of table.rows()) {
      this.#signal.throwIfAborted();
      number ??= numberIn(batch);
      documents += batch.length;
    }
    if (name === STORAGE_FOLDER)
      documents = files.filter((file) => file.component === component).length;
    return { component, name, number, documents };
  }

  async #fill(
    tables: TableImport,
    from: {
      table: SourceTable;
      source: ImportSource;
      files: ImportFiles;
      progress: ImportProgress;
    },
  ): Promise<number> {
    const { table, source, files, progress } = from;
    const batches =
      table.name === STORAGE_FOLDER
        ? inBatches(files.documents(table, source.files), FILES_AT_ONCE)
        : table.rows();
    let documents = 0;
    for await (const batch of batches) {
      for (let from = 0; from < batch.length;) {
        this.#signal.throwIfAborted();
        const some = batch.slice(from, from + this.#atOnce);
        await this.#insert(tables, table, some);
        from += some.length;
      }
      documents += batch.length;
      progress.at(table, documents);
    }
    progress.done(table, documents);
    return documents;
  }

  /** As many at once as leave room for others in between. */
  async #insert(
    tables: TableImport,
    table: SourceTable,
    documents: readonly DocumentJson[],
  ): Promise<void> {
    const started = performance.now();
    const inserted = tables.insert(table, documents);
    const tookMs = performance.now() - started;
    if (tookMs > SLICE_MS) this.#atOnce = Math.ceil(this.#atOnce / 2);
    else if (tookMs < SLICE_MS / 2)
      this.#atOnce = Math.min(this.#atOnce * 2, MOST_AT_ONCE);
    await inserted;
  }
}

/** The table number in the first id there is. */
function numberIn(batch: readonly DocumentJson[]): number | null {
  const first = batch.find(({ _id }) => typeof _id === "string");
  return decodeId(String(first?.["_id"]))?.tableNumber ?? null;
}

function replacedFiles(
  tx: Transaction,
  plan: readonly PlannedTable[],
): string[] {
  const components = plan
    .filter(({ name, mode }) => name === STORAGE_FOLDER && mode === "replace")
    .map(({ component }): ComponentPath => component);
  return components.flatMap((component) => storedFileKeys(tx, component));
}

async function* inBatches<T>(
  items: AsyncIterable<T>,
  size: number,
): AsyncGenerator<T[]> {
  let batch: T[] = [];
  for await (const item of items) {
    batch.push(item);
    if (batch.length < size) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}
