/** A database for tests: in memory unless given a path, with a clock moved by hand and real randomness. */
import { randomBytes } from "node:crypto";
import type { JSONValue } from "convex/values";
import { openDatabase } from "../database";
import type { Database, QueryJson, SchemaJson, Transaction } from "../types";

export type TestClock = { now(): number; ms: number };

export function newTestDatabase(path = ":memory:"): {
  db: Database;
  clock: TestClock;
} {
  const clock = {
    ms: 1_700_000_000_000,
    now() {
      return this.ms;
    },
  };
  return {
    db: openDatabase({
      path,
      clock,
      random: { bytes: (length) => randomBytes(length) },
    }),
    clock,
  };
}

export function schemaWith(
  tables: { [name: string]: { [index: string]: string[] } },
  documentType: JSONValue = { type: "any" },
): SchemaJson {
  return {
    schemaValidation: true,
    tables: Object.entries(tables).map(([tableName, indexes]) => ({
      tableName,
      indexes: Object.entries(indexes).map(([indexDescriptor, fields]) => ({
        indexDescriptor,
        fields,
      })),
      documentType,
    })),
  };
}

export function scanOf(
  tableName: string,
  order: "asc" | "desc" = "asc",
  operators: JSONValue[] = [],
): QueryJson {
  return { source: { type: "FullTableScan", tableName, order }, operators };
}

export function indexQuery(
  indexName: string,
  range: [
    type: "Eq" | "Gt" | "Gte" | "Lt" | "Lte",
    fieldPath: string,
    value: JSONValue,
  ][],
  order: "asc" | "desc" = "asc",
  operators: JSONValue[] = [],
): QueryJson {
  const bounds = range.map(([type, fieldPath, value]) => ({
    type,
    fieldPath,
    value,
  }));
  return {
    source: { type: "IndexRange", indexName, range: bounds, order },
    operators,
  };
}

export function collect(
  tx: Transaction,
  query: QueryJson,
): { [field: string]: JSONValue }[] {
  const stream = tx.query("", query);
  const documents = [];
  for (
    let document = stream.next();
    document !== null;
    document = stream.next()
  )
    documents.push(document);
  return documents;
}
