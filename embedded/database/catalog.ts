/** Which tables, indexes and schemas exist: kept in memory, written through to metadata, reloaded after a rollback. */
import { SYSTEM_TABLES } from "./system-tables";
import type { ComponentPath, SchemaJson } from "./types";
import type { DocumentStorage } from "../storage/document-storage";
import { compileSchema, type CompiledSchema } from "./compiled-schema";
import type { SearchIndexInfo } from "./search/search-entry";
import {
  indexKeyOf,
  keyFieldsOf,
  type IndexInfo,
  type TableInfo,
} from "./table-info";

const FIRST_USER_TABLE = 10_001;
const TABLE_PREFIX = "table:";
const SCHEMA_PREFIX = "schema:";

type StoredIndex = {
  storageId: number;
  name: string;
  fields: string[];
  staged: boolean;
};
type StoredSearchIndex = {
  storageId: number;
  name: string;
  searchField: string;
  filterFields: readonly string[];
  staged: boolean;
};
type StoredTable = {
  component: string;
  name: string;
  number: number;
  indexes: StoredIndex[];
  /** Absent in files written before there were any. */
  searchIndexes?: StoredSearchIndex[];
};

export class Catalog {
  readonly #storage: DocumentStorage;
  readonly #tables = new Map<ComponentPath, Map<string, TableInfo>>();
  readonly #byNumber = new Map<ComponentPath, Map<number, TableInfo>>();
  readonly #schemas = new Map<ComponentPath, CompiledSchema>();
  #nextIndexId = 1;

  constructor(storage: DocumentStorage) {
    this.#storage = storage;
    this.reload();
  }

  reload(): void {
    this.#tables.clear();
    this.#byNumber.clear();
    this.#schemas.clear();
    for (const { value } of this.#storage.metadataWithPrefix(TABLE_PREFIX)) {
      this.#remember(fromStored(JSON.parse(value) as StoredTable));
    }
    for (const { name, value } of this.#storage.metadataWithPrefix(
      SCHEMA_PREFIX,
    )) {
      this.#schemas.set(
        name.slice(SCHEMA_PREFIX.length),
        compileSchema(JSON.parse(value) as SchemaJson),
      );
    }
  }

  find(component: ComponentPath, name: string): TableInfo | null {
    return this.#tables.get(component)?.get(name) ?? null;
  }

  findByNumber(component: ComponentPath, number: number): TableInfo | null {
    return this.#byNumber.get(component)?.get(number) ?? null;
  }

  all(): TableInfo[] {
    return [...this.#tables.values()].flatMap((tables) => [...tables.values()]);
  }

  tablesOf(component: ComponentPath): TableInfo[] {
    return [...(this.#tables.get(component)?.values() ?? [])];
  }

  /** A table that exists only once it is saved. `alsoTaken` are numbers of other unsaved tables. */
  newTable(
    component: ComponentPath,
    name: string,
    alsoTaken: ReadonlySet<number>,
  ): TableInfo {
    const system = SYSTEM_TABLES[name];
    const number = system?.number ?? this.#freeNumber(component, alsoTaken);
    const table = { component, name, number };
    const indexes = [
      this.newIndex(table, { name: "by_id", fields: [], staged: false }),
      this.newIndex(table, {
        name: "by_creation_time",
        fields: [],
        staged: false,
      }),
    ];
    for (const [indexName, fields] of Object.entries(system?.indexes ?? {})) {
      indexes.push(
        this.newIndex(table, { name: indexName, fields, staged: false }),
      );
    }
    return {
      ...table,
      indexes: new Map(indexes.map((index) => [index.name, index])),
      searchIndexes: new Map(),
    };
  }

  newIndex(
    table: { component: string; name: string },
    index: { name: string; fields: string[]; staged: boolean },
  ): IndexInfo {
    return indexInfo(table, { ...index, storageId: this.#nextIndexId++ });
  }

  newSearchIndex(
    table: { component: string; name: string },
    index: Omit<StoredSearchIndex, "storageId">,
  ): SearchIndexInfo {
    const key = indexKeyOf(table.component, table.name, index.name);
    return { ...index, storageId: this.#nextIndexId++, key };
  }

  /** Inside an open storage transaction. */
  saveTable(table: TableInfo): void {
    this.#storage.setMetadata(
      `${TABLE_PREFIX}${table.component}:${table.name}`,
      JSON.stringify(toStored(table)),
    );
    this.#remember(table);
  }

  /** Inside an open storage transaction. Its documents come along: indexes keep their storage ids. */
  moveTable(table: TableInfo, component: ComponentPath): void {
    this.removeTable(table);
    this.saveTable(fromStored({ ...toStored(table), component }));
  }

  /** Inside an open storage transaction. */
  removeTable({ component, name, number }: TableInfo): void {
    this.#storage.deleteMetadata(`${TABLE_PREFIX}${component}:${name}`);
    this.#tables.get(component)?.delete(name);
    if (this.#byNumber.get(component)?.get(number)?.name === name)
      this.#byNumber.get(component)?.delete(number);
  }

  schemaOf(component: ComponentPath): CompiledSchema | null {
    return this.#schemas.get(component) ?? null;
  }

  /** Inside an open storage transaction. */
  saveSchema(component: ComponentPath, schema: SchemaJson | null): void {
    const name = `${SCHEMA_PREFIX}${component}`;
    if (schema === null) {
      this.#storage.deleteMetadata(name);
      this.#schemas.delete(component);
      return;
    }
    this.#storage.setMetadata(name, JSON.stringify(schema));
    this.#schemas.set(component, compileSchema(schema));
  }

  #freeNumber(
    component: ComponentPath,
    alsoTaken: ReadonlySet<number>,
  ): number {
    const taken = this.#byNumber.get(component);
    let number = FIRST_USER_TABLE;
    while (taken?.has(number) || alsoTaken.has(number)) number += 1;
    return number;
  }

  #remember(table: TableInfo): void {
    inner(this.#tables, table.component).set(table.name, table);
    inner(this.#byNumber, table.component).set(table.number, table);
    for (const index of [
      ...table.indexes.values(),
      ...table.searchIndexes.values(),
    ]) {
      this.#nextIndexId = Math.max(this.#nextIndexId, index.storageId + 1);
    }
  }
}

function inner<K>(
  maps: Map<ComponentPath, Map<K, TableInfo>>,
  component: ComponentPath,
): Map<K, TableInfo> {
  const existing = maps.get(component);
  if (existing !== undefined) return existing;
  const created = new Map<K, TableInfo>();
  maps.set(component, created);
  return created;
}

function indexInfo(
  table: { component: string; name: string },
  index: StoredIndex,
): IndexInfo {
  return {
    ...index,
    key: indexKeyOf(table.component, table.name, index.name),
    ...pathsOf(index),
  };
}

function pathsOf(index: { name: string; fields: string[] }): {
  keyFields: string[];
  paths: string[][];
} {
  const keyFields = keyFieldsOf(index.name, index.fields);
  return { keyFields, paths: keyFields.map((field) => field.split(".")) };
}

function toStored(table: TableInfo): StoredTable {
  const indexes = [...table.indexes.values()].map(
    ({ storageId, name, fields, staged }) => {
      return { storageId, name, fields, staged };
    },
  );
  const searchIndexes = [...table.searchIndexes.values()].map(
    ({ storageId, name, searchField, filterFields, staged }) => {
      return { storageId, name, searchField, filterFields, staged };
    },
  );
  return {
    component: table.component,
    name: table.name,
    number: table.number,
    indexes,
    searchIndexes,
  };
}

function fromStored(stored: StoredTable): TableInfo {
  const indexes = stored.indexes.map((index) => indexInfo(stored, index));
  const searchIndexes = (stored.searchIndexes ?? []).map((index) => ({
    ...index,
    key: indexKeyOf(stored.component, stored.name, index.name),
  }));
  return {
    ...stored,
    indexes: new Map(indexes.map((index) => [index.name, index])),
    searchIndexes: new Map(searchIndexes.map((index) => [index.name, index])),
  };
}
