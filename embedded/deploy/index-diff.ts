import type { SchemaJson } from "../database/types";
import { parseSchema, type Schema } from "./schema-json";

export type IndexConfig = { name: string; staged?: boolean } & (
  | { type: "database"; fields: string[] }
  | { type: "search"; searchField: string; filterFields: string[] }
  | {
      type: "vector";
      vectorField: string;
      dimensions: number;
      filterFields: string[];
    }
);

export type IndexDiff = {
  added_indexes: IndexConfig[];
  removed_indexes: IndexConfig[];
  enabled_indexes: IndexConfig[];
  disabled_indexes: IndexConfig[];
};

/** What a push would do to the indexes of a component. An index whose fields change is removed and added. */
export function indexDiff(
  before: SchemaJson | null,
  after: SchemaJson | null,
): IndexDiff {
  const old = indexesOf(before);
  const next = indexesOf(after);
  const isKept = (index: IndexConfig, others: Map<string, IndexConfig>) => {
    const other = others.get(index.name);
    return other !== undefined && shape(other) === shape(index);
  };
  const kept = [...next.values()].filter((index) => isKept(index, old));
  const isStagedBefore = (index: IndexConfig) =>
    old.get(index.name)?.staged === true;
  return {
    added_indexes: [...next.values()].filter((index) => !isKept(index, old)),
    removed_indexes: [...old.values()].filter((index) => !isKept(index, next)),
    enabled_indexes: kept.filter(
      (index) => isStagedBefore(index) && index.staged !== true,
    ),
    disabled_indexes: kept.filter(
      (index) => !isStagedBefore(index) && index.staged === true,
    ),
  };
}

export type IndexChange = IndexConfig & {
  change: "added" | "identical" | "enabled" | "disabled" | "dropped";
};

/** Every index of both schemas, with what happens to it. */
export function indexChanges(
  before: SchemaJson | null,
  after: SchemaJson | null,
): IndexChange[] {
  const diff = indexDiff(before, after);
  const changed: IndexChange[] = [
    ...diff.added_indexes.map((index) => ({
      ...index,
      change: "added" as const,
    })),
    ...diff.enabled_indexes.map((index) => ({
      ...index,
      change: "enabled" as const,
    })),
    ...diff.disabled_indexes.map((index) => ({
      ...index,
      change: "disabled" as const,
    })),
  ];
  const names = new Set(changed.map(({ name }) => name));
  const rest = [...indexesOf(after).values()].filter(
    ({ name }) => !names.has(name),
  );
  return [
    ...changed,
    ...rest.map((index) => ({ ...index, change: "identical" as const })),
    ...diff.removed_indexes.map((index) => ({
      ...index,
      change: "dropped" as const,
    })),
  ];
}

function shape(index: IndexConfig): string {
  return JSON.stringify({ ...index, staged: undefined });
}

function indexesOf(schema: SchemaJson | null): Map<string, IndexConfig> {
  if (schema === null) return new Map();
  const configs = parseSchema(JSON.stringify(schema)).tables.flatMap(
    tableIndexes,
  );
  return new Map(configs.map((config) => [config.name, config]));
}

function tableIndexes(table: Schema["tables"][number]): IndexConfig[] {
  const name = (index: { indexDescriptor: string }) =>
    `${table.tableName}.${index.indexDescriptor}`;
  const database = (index: (typeof table.indexes)[number]): IndexConfig => ({
    name: name(index),
    type: "database",
    fields: [...index.fields, "_creationTime"],
  });
  const search = (
    index: (typeof table.searchIndexes)[number],
  ): IndexConfig => ({
    name: name(index),
    type: "search",
    searchField: index.searchField,
    filterFields: index.filterFields,
  });
  const vector = (
    index: (typeof table.vectorIndexes)[number],
  ): IndexConfig => ({
    name: name(index),
    type: "vector",
    vectorField: index.vectorField,
    dimensions: index.dimensions,
    filterFields: index.filterFields,
  });
  const staged = (index: IndexConfig): IndexConfig => ({
    ...index,
    staged: true,
  });
  return [
    ...table.indexes.map(database),
    ...table.searchIndexes.map(search),
    ...table.vectorIndexes.map(vector),
    ...table.stagedDbIndexes.map(database).map(staged),
    ...table.stagedSearchIndexes.map(search).map(staged),
    ...table.stagedVectorIndexes.map(vector).map(staged),
  ];
}
