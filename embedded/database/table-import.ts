/**
 * Tables that are filled out of sight and put in place in one commit. A staged table lives in a component that nobody
 * can reach; putting it in place only changes what the catalog says, so its cost does not depend on the documents, and
 * neither does the memory it takes. Whatever is replaced is moved out of sight the same way and removed bit by bit.
 */
import type { DocumentStorage } from "../storage/document-storage";
import { decodeId, encodeId, newInternalId } from "../values/document-id";
import { BackendError } from "./backend-error";
import type { Catalog } from "./catalog";
import { validatorText } from "./compiled-schema";
import { checkDocument } from "./document-rules";
import { applySchema } from "./schema-change";
import { changeSearchIndexes } from "./search/search-index-change";
import { systemTableName } from "./system-tables";
import {
  builtInIndex,
  findStoredRow,
  idOf,
  keyIn,
  parseRow,
  type TableInfo,
} from "./table-info";
import { nextDouble } from "./transaction-state";
import type {
  Clock,
  ComponentPath,
  DocumentJson,
  ImportedTable,
  Random,
  TableImport,
  TablePlace,
  Transaction,
} from "./types";

const STAGED = "%staged/";
const DROPPED = "%dropped/";
const REMOVED_AT_ONCE = 100;

export function isOutOfSight(component: ComponentPath): boolean {
  return component.startsWith("%");
}

type Options = {
  storage: DocumentStorage;
  catalog: Catalog;
  clock: Clock;
  random: Random;
  /** Both belong to one commit; the promise resolves when it is on disk. */
  commit: (parts: {
    body: (tx: Transaction) => void;
    alter: () => void;
  }) => Promise<void>;
  /** Resolves in a moment in which nobody reads a snapshot. */
  noSnapshots: () => Promise<void>;
  /** States before this commit can no longer be put together. */
  forgetHistory: () => void;
};
type Written = { document: DocumentJson; size: number };
type Staged = {
  place: TablePlace;
  table: TableInfo;
  /** What its documents are checked against. */
  validator: string | null;
};

export class StoredTableImport implements TableImport {
  readonly #options: Options;
  readonly #staged = new Map<string, Staged>();
  #creationTime: number;

  constructor(options: Options) {
    this.#options = options;
    this.#creationTime = options.clock.now();
  }

  existing(component: ComponentPath): ImportedTable[] {
    return this.#options.catalog.tablesOf(component).map((table) => ({
      component,
      name: table.name,
      number: table.number,
      documents: this.#count(table),
    }));
  }

  components(): ComponentPath[] {
    const all = this.#options.catalog.all().map(({ component }) => component);
    return [...new Set(all)].filter((component) => !isOutOfSight(component));
  }

  async stage(place: TablePlace): Promise<void> {
    const { catalog } = this.#options;
    const table = this.#emptyTable(place);
    await this.#options.commit({
      body: () => undefined,
      alter: () => catalog.saveTable(table),
    });
    const validator = this.#validatorOf(place);
    this.#staged.set(keyOf(place), { place, table, validator });
  }

  async insert(
    place: Pick<TablePlace, "component" | "name">,
    documents: readonly DocumentJson[],
  ): Promise<void> {
    const { table, place: target } = this.#find(place);
    const seen = new Set<string>();
    const written = documents.map((document) => {
      const complete = this.#withSystemFields(document, table);
      this.#refuseDuplicate(complete, { table, target, seen });
      return this.#checked(complete, target);
    });
    await this.#options.commit({
      body: () => undefined,
      alter: () => this.#store(table, written),
    });
  }

  async publish(body: (tx: Transaction) => void): Promise<void> {
    await this.#options.noSnapshots();
    for (const staged of this.#staged.values()) this.#requireFit(staged);
    await this.#options.commit({ body, alter: () => this.#putInPlace() });
    this.#staged.clear();
  }

  /** Slowly, between other work. */
  async removeLeftovers(signal: AbortSignal): Promise<void> {
    this.#staged.clear();
    for (const table of this.#options.catalog.all())
      if (isOutOfSight(table.component)) await this.#remove(table, signal);
  }

  #emptyTable({ component, name, number }: TablePlace): TableInfo {
    const { catalog } = this.#options;
    const base = catalog.newTable(STAGED + component, name, new Set());
    const indexes = new Map(base.indexes);
    const target = catalog.find(component, name);
    for (const { name: index, fields, staged } of target?.indexes.values() ??
      [])
      if (!indexes.has(index))
        indexes.set(
          index,
          catalog.newIndex(base, { name: index, fields, staged }),
        );
    return { ...base, number, indexes };
  }

  #find(place: Pick<TablePlace, "component" | "name">) {
    const staged = this.#staged.get(keyOf(place));
    if (staged === undefined)
      throw new Error(`${place.component}:${place.name} was not staged`);
    return staged;
  }

  #withSystemFields(document: DocumentJson, table: TableInfo): DocumentJson {
    const { random, clock } = this.#options;
    const { _id, _creationTime, ...fields } = document;
    const id =
      _id === undefined
        ? encodeId(table.number, newInternalId(random, clock.now()))
        : checkedId(_id, table);
    if (_creationTime !== undefined)
      return {
        ...document,
        _id: id,
        _creationTime: checkedTime(_creationTime),
      };
    this.#creationTime = nextDouble(this.#creationTime);
    return { ...fields, _id: id, _creationTime: this.#creationTime };
  }

  #refuseDuplicate(
    document: DocumentJson,
    at: { table: TableInfo; target: TablePlace; seen: Set<string> },
  ): void {
    const { storage, catalog } = this.#options;
    const id = idOf(document);
    const { component, name, mode } = at.target;
    const present = mode === "append" ? catalog.find(component, name) : null;
    const isKnown =
      at.seen.has(id) ||
      findStoredRow(storage, at.table, id) !== null ||
      (present !== null && findStoredRow(storage, present, id) !== null);
    at.seen.add(id);
    if (!isKnown) return;
    throw new BackendError(
      "DuplicateId",
      `There are two documents with the ID "${id}" in table "${name}".`,
    );
  }

  #checked(document: DocumentJson, place: TablePlace): Written {
    const { catalog } = this.#options;
    const { component, name } = place;
    const size = checkDocument(document, {
      table: name,
      schema: name.startsWith("_") ? null : catalog.schemaOf(component),
      tableNameOf: (number) => this.#tableName(component, number),
    });
    return { document, size };
  }

  /** As it will be once everything is in place. */
  #tableName(component: ComponentPath, number: number): string | null {
    const { catalog } = this.#options;
    const staged = catalog.findByNumber(STAGED + component, number);
    if (staged !== null) return staged.name;
    const name = catalog.findByNumber(component, number)?.name;
    if (name === undefined) return systemTableName(number);
    const isLeaving = this.#staged.has(keyOf({ component, name }));
    return isLeaving ? null : name;
  }

  #store(table: TableInfo, written: readonly Written[]): void {
    const { storage } = this.#options;
    for (const { document, size } of written) {
      const json = JSON.stringify(document);
      const rowId = storage.insertDocument({ size, json });
      for (const index of table.indexes.values())
        storage.addEntry(index.storageId, keyIn(index, document), rowId);
    }
  }

  #validatorOf({ component, name }: TablePlace): string | null {
    const schema = this.#options.catalog.schemaOf(component);
    return validatorText(schema?.json ?? null, name);
  }

  #requireFit({ place, table, validator }: Staged): void {
    const target = this.#options.catalog.find(place.component, place.name);
    if (place.mode === "requireEmpty" && target !== null)
      if (this.#count(target) > 0) throw tableExists(place.name);
    const hasSameIndexes =
      target === null || shapeOf(target) === shapeOf(table);
    if (hasSameIndexes && this.#validatorOf(place) === validator) return;
    throw new BackendError(
      "SchemaChanged",
      `The schema of table "${place.name}" was changed during the import; import again.`,
    );
  }

  /** All old tables leave before the new ones come: their numbers may have been exchanged. */
  #putInPlace(): void {
    const { catalog, storage } = this.#options;
    const staged = [...this.#staged.values()];
    for (const { place } of staged) {
      const target = catalog.find(place.component, place.name);
      if (target === null || place.mode === "append") continue;
      catalog.moveTable(target, `${DROPPED}${indexIdOf(target)}/`);
    }
    for (const { place, table } of staged) {
      const target = catalog.find(place.component, place.name);
      if (target === null) catalog.moveTable(table, place.component);
      else this.#append(table, target);
    }
    this.#options.forgetHistory();
    for (const component of new Set(staged.map(({ place }) => place.component)))
      applySchema(
        { storage, catalog },
        component,
        catalog.schemaOf(component)?.json ?? null,
      );
  }

  /** The schema's search indexes are built again over both. */
  #append(table: TableInfo, target: TableInfo): void {
    const { catalog, storage } = this.#options;
    changeSearchIndexes(this.#options, target, []);
    for (const index of table.indexes.values()) {
      const into = target.indexes.get(index.name);
      if (into !== undefined)
        storage.moveEntries(index.storageId, into.storageId);
    }
    catalog.removeTable(table);
  }

  async #remove(table: TableInfo, signal: AbortSignal): Promise<void> {
    const { catalog, commit } = this.#options;
    const body = () => undefined;
    let isEmpty = false;
    while (!isEmpty) {
      if (signal.aborted) return;
      await commit({ body, alter: () => (isEmpty = this.#removeSome(table)) });
    }
    const alter = () => {
      changeSearchIndexes(this.#options, table, []);
      catalog.removeTable(table);
    };
    await commit({ body, alter });
  }

  /** True once there is nothing left. */
  #removeSome(table: TableInfo): boolean {
    const { storage } = this.#options;
    const indexId = indexIdOf(table);
    const start = new Uint8Array();
    const limit = REMOVED_AT_ONCE;
    const found = storage.scan({
      indexId,
      start,
      end: null,
      order: "asc",
      limit,
    });
    for (const entry of found) {
      const { document } = parseRow(entry);
      for (const index of table.indexes.values())
        storage.removeEntry(index.storageId, keyIn(index, document));
      storage.deleteDocument(entry.rowId);
    }
    return found.length < limit;
  }

  #count(table: TableInfo): number {
    return this.#options.storage.countEntries(indexIdOf(table));
  }
}

export function tableExists(name: string): BackendError {
  return new BackendError(
    "TableExists",
    `Table ${name} already exists. Please choose a new table name or use replace/append modes.`,
  );
}

function keyOf({ component, name }: { component: string; name: string }) {
  return `${component}:${name}`;
}

function indexIdOf(table: TableInfo): number {
  return builtInIndex(table, "by_id").storageId;
}

function shapeOf(table: TableInfo): string {
  const shapes = [...table.indexes.values()].map(({ name, fields }) =>
    JSON.stringify([name, fields]),
  );
  return shapes.sort().join();
}

function checkedId(id: DocumentJson[string], table: TableInfo): string {
  const decoded = typeof id === "string" ? decodeId(id) : null;
  if (typeof id === "string" && decoded?.tableNumber === table.number)
    return id;
  const reason = decoded === null ? "is not an ID" : "is of another table";
  throw new BackendError(
    "InvalidId",
    `The \`_id\` ${JSON.stringify(id)} of a document in table "${table.name}" ${reason}.`,
  );
}

function checkedTime(time: DocumentJson[string]): number {
  if (typeof time === "number") return time;
  throw new BackendError(
    "InvalidCreationTime",
    `The \`_creationTime\` ${JSON.stringify(time)} is not a number.`,
  );
}
