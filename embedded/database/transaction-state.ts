/** What the user's and the system's view of one transaction share: tables, rows, queries and pending writes. */
import { newInternalId, encodeId } from "../values/document-id";
import { encodeKey } from "../values/index-key";
import type { DocumentStorage } from "../storage/document-storage";
import type { Catalog } from "./catalog";
import type { ScanSource } from "./index-scan";
import { PendingWrites } from "./pending-writes";
import { planQuery, tableOfQuery } from "./query-plan";
import { QueryStream } from "./query-stream";
import { ReadRecorder } from "./read-set";
import {
  builtInIndex,
  findRowAt,
  type Row,
  type TableInfo,
} from "./table-info";
import { systemTableName } from "./system-tables";
import type { ComponentPath, DocumentJson, QueryJson, Random } from "./types";
import type { Usage } from "./usage";

export type TransactionEnvironment = {
  storage: DocumentStorage;
  catalog: Catalog;
  random: Random;
  /** Of the first insert; see protocol section 4.5. */
  creationTime: number;
  nowMs: number;
};

export class TransactionState {
  readonly reads = new ReadRecorder();
  /** Tags that the commit changes. */
  readonly touched = new Set<string>();
  readonly writes = new PendingWrites();
  readonly source: ScanSource;
  readonly #env: TransactionEnvironment;
  #nextCreationTime: number;

  constructor(env: TransactionEnvironment) {
    this.#env = env;
    this.#nextCreationTime = env.creationTime;
    this.source = {
      storage: env.storage,
      overlayOf: (indexId) => this.writes.overlay(indexId),
    };
  }

  get catalog(): Catalog {
    return this.#env.catalog;
  }

  /** Null when nothing was inserted. */
  get lastCreationTime(): number | null {
    return this.#nextCreationTime === this.#env.creationTime
      ? null
      : previousDouble(this.#nextCreationTime);
  }

  findTable(component: ComponentPath, name: string): TableInfo | null {
    return (
      this.writes.findTable(component, name) ??
      this.#env.catalog.find(component, name)
    );
  }

  findTableByNumber(
    component: ComponentPath,
    number: number,
  ): TableInfo | null {
    const unsaved = this.writes
      .newTables()
      .find(
        (table) => table.component === component && table.number === number,
      );
    const table = unsaved ?? this.#env.catalog.findByNumber(component, number);
    if (table === null) this.reads.tag(tablesTag(component));
    return table;
  }

  /** Also knows system tables that were never written. */
  tableName(component: ComponentPath, number: number): string | null {
    return (
      this.findTableByNumber(component, number)?.name ?? systemTableName(number)
    );
  }

  tableForWrite(component: ComponentPath, name: string): TableInfo {
    const existing = this.findTable(component, name);
    if (existing !== null) return existing;
    const unsaved = this.writes
      .newTables()
      .filter((table) => table.component === component);
    const table = this.#env.catalog.newTable(
      component,
      name,
      new Set(unsaved.map(({ number }) => number)),
    );
    this.writes.addTable(table);
    this.touched.add(tablesTag(component));
    return table;
  }

  readRow(table: TableInfo, id: string, usage: Usage | null): Row | null {
    usage?.countQuery();
    const byId = builtInIndex(table, "by_id");
    const key = encodeKey([id]);
    this.reads.addPoint(byId.key, key);
    const pending = this.writes.find(table, id);
    const row =
      pending === undefined ? findRowAt(this.#env.storage, byId, key) : pending;
    if (row !== null) usage?.countRow(row.size);
    return row;
  }

  openQuery(
    component: ComponentPath,
    query: QueryJson,
    usage: Usage | null,
  ): QueryStream {
    const table = this.findTable(component, tableOfQuery(query));
    return new QueryStream(
      { source: this.source, writes: this.writes, reads: this.reads, usage },
      planQuery(component, query, table),
    );
  }

  /** The system fields of the next inserted document. */
  newSystemFields(table: TableInfo): { _id: string; _creationTime: number } {
    const creationTime = this.#nextCreationTime;
    this.#nextCreationTime = nextDouble(creationTime);
    const internalId = newInternalId(this.#env.random, this.#env.nowMs);
    return {
      _id: encodeId(table.number, internalId),
      _creationTime: creationTime,
    };
  }

  countRows(table: TableInfo): number {
    const index = builtInIndex(table, "by_id");
    this.reads.add(index.key, { start: new Uint8Array(), end: null });
    let count = this.#env.storage.countEntries(index.storageId);
    for (const { before, after } of this.writes.changesIn(table)) {
      count += (after === null ? 0 : 1) - (before === null ? 0 : 1);
    }
    return count;
  }
}

/** What depends on a table not being there. */
function tablesTag(component: ComponentPath): string {
  return `tables:${component}`;
}

/** Replaces the document or removes it (`next` null). */
export function writeRow(
  state: TransactionState,
  table: TableInfo,
  rows: {
    id: string;
    current: Row | null;
    next: { document: DocumentJson; size: number } | null;
  },
): void {
  const next =
    rows.next === null
      ? null
      : { ...rows.next, rowId: rows.current?.rowId ?? null };
  state.writes.write(table, rows.id, { current: rows.current, next });
}

const BITS = new DataView(new ArrayBuffer(8));

export function nextDouble(value: number): number {
  return shiftDouble(value, 1n);
}

function previousDouble(value: number): number {
  return shiftDouble(value, -1n);
}

/** For positive numbers the bits order like the numbers. */
function shiftDouble(value: number, by: bigint): number {
  BITS.setFloat64(0, value);
  BITS.setBigInt64(0, BITS.getBigInt64(0) + by);
  return BITS.getFloat64(0);
}
