/** Brings tables and indexes in line with a schema, inside an open storage transaction, and checks what is stored. */
import type { DocumentStorage } from "../storage/document-storage";
import type { Catalog } from "./catalog";
import { compileSchema, schemaError, validatorText } from "./compiled-schema";
import {
  checkSchemaRules,
  declaredIndexes,
  declaredSearchIndexes,
} from "./schema-rules";
import { changeSearchIndexes } from "./search/search-index-change";
import { SYSTEM_TABLES, systemTableName } from "./system-tables";
import {
  builtInIndex,
  idOf,
  keyIn,
  type IndexInfo,
  type TableInfo,
} from "./table-info";
import { rowsOf } from "./table-rows";
import type { ComponentPath, SchemaJson } from "./types";

type Target = { storage: DocumentStorage; catalog: Catalog };
type Declared = { name: string; fields: string[]; staged: boolean };

const NO_TABLES_TAKEN: ReadonlySet<number> = new Set();

/**
 * The first stored document that does not match, in the order of the schema's tables. Documents that the same validator
 * has let in are not read again.
 */
export function findMismatch(
  target: Target,
  component: ComponentPath,
  schema: SchemaJson,
): { table: string; error: string } | null {
  checkSchemaRules(schema);
  const compiled = compileSchema(schema);
  const tableNameOf = tableNamesWith(target.catalog, component);
  const active = target.catalog.schemaOf(component)?.json ?? null;
  for (const name of compiled.validators.keys()) {
    if (validatorText(active, name) === validatorText(schema, name)) continue;
    const table = target.catalog.find(component, name);
    for (const row of table === null ? [] : rowsOf(target.storage, table)) {
      const error = schemaError(compiled, name, row.document, tableNameOf);
      if (error === null) continue;
      const where = `Document with ID "${idOf(row.document)}" in table "${name}"`;
      return {
        table: name,
        error: `${where} does not match the schema: ${error}`,
      };
    }
  }
  return null;
}

/** Null removes the schema and its indexes; documents stay. */
export function applySchema(
  target: Target,
  component: ComponentPath,
  schema: SchemaJson | null,
): void {
  const declared = new Map(
    schema?.tables.map((table) => [table.tableName, table]),
  );
  for (const name of declared.keys()) {
    if (target.catalog.find(component, name) !== null) continue;
    target.catalog.saveTable(
      target.catalog.newTable(component, name, NO_TABLES_TAKEN),
    );
  }
  for (const table of target.catalog.tablesOf(component)) {
    if (table.name.startsWith("_")) continue;
    const wanted = declared.get(table.name);
    changeIndexes(target, table, wanted ? declaredIndexes(wanted) : []);
    changeSearchIndexes(
      target,
      target.catalog.find(component, table.name) ?? table,
      wanted ? declaredSearchIndexes(wanted) : [],
    );
  }
  target.catalog.saveSchema(component, schema);
}

/** When the program has gained or lost system indexes since the file was written. */
export function updateSystemIndexes(target: Target): void {
  for (const table of target.catalog.all()) {
    const system = SYSTEM_TABLES[table.name];
    if (system === undefined) continue;
    const declared = Object.entries(system.indexes).map(([name, fields]) => ({
      name,
      fields,
      staged: false,
    }));
    changeIndexes(target, table, declared);
  }
}

/** An index of the same name with other fields is another index. */
function changeIndexes(
  target: Target,
  table: TableInfo,
  declared: Declared[],
): void {
  const kept = new Map<string, IndexInfo>();
  const added: IndexInfo[] = [];
  for (const index of [
    builtInIndex(table, "by_id"),
    builtInIndex(table, "by_creation_time"),
  ])
    kept.set(index.name, index);
  for (const wanted of declared) {
    const existing = table.indexes.get(wanted.name);
    const isSame =
      existing !== undefined && sameFields(existing.fields, wanted.fields);
    const index = isSame
      ? { ...existing, staged: wanted.staged }
      : target.catalog.newIndex(table, wanted);
    kept.set(index.name, index);
    if (!isSame) added.push(index);
  }
  if (isUnchanged(table, kept)) return;
  dropOthers(target, table, kept);
  backfill(target.storage, table, added);
  target.catalog.saveTable({ ...table, indexes: kept });
}

function isUnchanged(
  table: TableInfo,
  kept: ReadonlyMap<string, IndexInfo>,
): boolean {
  const isSame = (index: IndexInfo) => {
    const before = table.indexes.get(index.name);
    return (
      before?.storageId === index.storageId && before.staged === index.staged
    );
  };
  return table.indexes.size === kept.size && [...kept.values()].every(isSame);
}

function dropOthers(
  target: Target,
  table: TableInfo,
  kept: ReadonlyMap<string, IndexInfo>,
): void {
  for (const index of table.indexes.values()) {
    if (kept.get(index.name)?.storageId !== index.storageId)
      target.storage.dropIndex(index.storageId);
  }
}

function backfill(
  storage: DocumentStorage,
  table: TableInfo,
  added: IndexInfo[],
): void {
  if (added.length === 0) return;
  for (const row of rowsOf(storage, table)) {
    for (const index of added) {
      if (row.rowId !== null)
        storage.addEntry(
          index.storageId,
          keyIn(index, row.document),
          row.rowId,
        );
    }
  }
}

function tableNamesWith(
  catalog: Catalog,
  component: ComponentPath,
): (number: number) => string | null {
  return (number) =>
    catalog.findByNumber(component, number)?.name ?? systemTableName(number);
}

function sameFields(left: string[], right: string[]): boolean {
  return (
    left.length === right.length &&
    left.every((field, position) => field === right[position])
  );
}
