/** The transaction as user functions see it: ids are checked, documents validated, everything counted. */
import { decodeId } from "../values/document-id";
import { BackendError } from "./backend-error";
import {
  checkDocument,
  insertedDocument,
  patchedDocument,
  replacedDocument,
} from "./document-rules";
import type { CursorCodec } from "./page-cursor";
import { planQuery, tableOfQuery } from "./query-plan";
import { readPage } from "./query-page";
import { checkTableName } from "./schema-rules";
import { isVisibleSystemTable } from "./system-tables";
import { StateSystemView } from "./system-view";
import { textOfRow, type Row, type TableInfo } from "./table-info";
import {
  TransactionState,
  writeRow,
  type TransactionEnvironment,
} from "./transaction-state";
import type {
  ComponentPath,
  DocumentJson,
  DocumentStream,
  PageRequest,
  PageResult,
  QueryJson,
  ReadSet,
  SystemView,
  Transaction,
  TransactionMetrics,
} from "./types";
import { Usage } from "./usage";

type Method = "get" | "patch" | "replace" | "delete";
type Target = {
  component: ComponentPath;
  id: string;
  table?: string | undefined;
  method: Method;
};
type ReadOptions = { isSystem: boolean; table?: string };
type Found = { table: TableInfo; row: Row };

const NONEXISTENT = {
  get: "Get",
  patch: "Update",
  replace: "Replace",
  delete: "Delete",
} as const;

export class DatabaseTransaction implements Transaction {
  readonly kind: "query" | "mutation";
  readonly beginTs: bigint;
  readonly system: SystemView;
  /** For the committer. */
  readonly state: TransactionState;
  readonly #usage: Usage;
  readonly #cursors: CursorCodec;
  readonly #environment: TransactionEnvironment;

  constructor(options: {
    kind: "query" | "mutation";
    beginTs: bigint;
    environment: TransactionEnvironment;
    cursors: CursorCodec;
    usage?: Usage;
  }) {
    this.kind = options.kind;
    this.beginTs = options.beginTs;
    this.state = new TransactionState(options.environment);
    this.system = new StateSystemView(this.state, () =>
      this.#requireMutation(),
    );
    this.#cursors = options.cursors;
    this.#environment = options.environment;
    this.#usage = options.usage ?? new Usage();
  }

  asBegun(): Transaction {
    return new DatabaseTransaction({
      kind: "query",
      beginTs: this.beginTs,
      environment: this.#environment,
      cursors: this.#cursors,
      usage: this.#usage,
    });
  }

  get reads(): ReadSet {
    return this.state.reads.finish();
  }

  get metrics(): TransactionMetrics {
    return this.#usage.metrics;
  }

  get(
    component: ComponentPath,
    id: string,
    options: ReadOptions,
  ): DocumentJson | null {
    return this.#find(component, id, options)?.document ?? null;
  }

  getText(
    component: ComponentPath,
    id: string,
    options: ReadOptions,
  ): string | null {
    const row = this.#find(component, id, options);
    return row === null ? null : textOfRow(row);
  }

  #find(
    component: ComponentPath,
    id: string,
    options: ReadOptions,
  ): Row | null {
    const table = this.#tableOf({
      component,
      id,
      table: options.table,
      method: "get",
    });
    if (table === null) return null;
    checkSide(table.name, options.isSystem);
    if (options.isSystem && !isVisibleSystemTable(table.name)) return null;
    return this.state.readRow(table, id, this.#usage);
  }

  insert(component: ComponentPath, table: string, value: DocumentJson): string {
    this.#requireMutation();
    checkTableName(table);
    const info = this.state.tableForWrite(component, table);
    const document = insertedDocument(value, this.state.newSystemFields(info));
    const id = String(document._id);
    this.#save(info, { id, current: null, document });
    return id;
  }

  patch(
    component: ComponentPath,
    id: string,
    value: DocumentJson,
    table?: string,
  ): DocumentJson {
    const found = this.#require({ component, id, table, method: "patch" });
    return this.#save(found.table, {
      id,
      current: found.row,
      document: patchedDocument(found.row.document, value),
    });
  }

  replace(
    component: ComponentPath,
    id: string,
    value: DocumentJson,
    table?: string,
  ): DocumentJson {
    const found = this.#require({ component, id, table, method: "replace" });
    return this.#save(found.table, {
      id,
      current: found.row,
      document: replacedDocument(found.row.document, value),
    });
  }

  remove(component: ComponentPath, id: string, table?: string): DocumentJson {
    const { table: info, row } = this.#require({
      component,
      id,
      table,
      method: "delete",
    });
    this.#usage.countWrite(row.size);
    writeRow(this.state, info, { id, current: row, next: null });
    return row.document;
  }

  query(
    component: ComponentPath,
    query: QueryJson,
    options: { isSystem?: boolean } = {},
  ): DocumentStream {
    checkReadable(tableOfQuery(query), options.isSystem === true);
    return this.state.openQuery(component, query, this.#usage);
  }

  page(
    component: ComponentPath,
    request: PageRequest,
    journal: string | null = null,
  ): PageResult {
    const name = tableOfQuery(request.query);
    checkReadable(name, name.startsWith("_"));
    const plan = planQuery(
      component,
      request.query,
      this.state.findTable(component, name),
    );
    const { source, writes, reads } = this.state;
    return readPage(
      { source, writes, reads, usage: this.#usage, cursors: this.#cursors },
      plan,
      { ...request, journal },
    );
  }

  count(component: ComponentPath, table: string): number {
    checkReadable(table, table.startsWith("_"));
    this.#usage.countQuery();
    const info = this.state.findTable(component, table);
    if (info !== null) return this.state.countRows(info);
    this.state.reads.add(`${component}:${table}:by_id`, {
      start: new Uint8Array(),
      end: null,
    });
    return 0;
  }

  normalizeId(
    component: ComponentPath,
    table: string,
    id: string,
    options: { isSystem: boolean },
  ): string | null {
    if (table.startsWith("_") !== options.isSystem) return null;
    const decoded = decodeId(id);
    return decoded !== null &&
      this.tableName(component, decoded.tableNumber) === table
      ? id
      : null;
  }

  savepoint(): number {
    return this.state.writes.savepoint();
  }

  rollbackTo(savepoint: number): void {
    this.state.writes.rollbackTo(savepoint);
  }

  dependOn(tag: string): void {
    this.state.reads.tag(tag);
  }

  touch(tag: string): void {
    this.#requireMutation();
    this.state.touched.add(tag);
  }

  tableName(component: ComponentPath, tableNumber: number): string | null {
    return this.state.tableName(component, tableNumber);
  }

  #require(target: Target): Found {
    this.#requireMutation();
    const table = this.#tableOf(target);
    if (table !== null) checkSide(table.name, false);
    const row =
      table === null ? null : this.state.readRow(table, target.id, this.#usage);
    if (table !== null && row !== null) return { table, row };
    const text = `${NONEXISTENT[target.method]} on nonexistent document ID ${target.id}`;
    throw new BackendError("NonexistentDocument", text);
  }

  /** Null when the id is of a table that does not exist. */
  #tableOf(target: Target): TableInfo | null {
    const decoded = decodeId(target.id);
    if (decoded === null)
      throw invalidId(target.method, `Unable to decode ID: ${target.id}`);
    const table = this.state.findTableByNumber(
      target.component,
      decoded.tableNumber,
    );
    const name = this.tableName(target.component, decoded.tableNumber);
    if (target.table === undefined || target.table === name || name === null)
      return table;
    throw invalidId(
      target.method,
      `expected to be an Id<"${target.table}">, got Id<"${name}"> instead.`,
    );
  }

  #save(
    table: TableInfo,
    write: { id: string; current: Row | null; document: DocumentJson },
  ): DocumentJson {
    const { document, id, current } = write;
    const size = checkDocument(document, {
      table: table.name,
      schema: this.state.catalog.schemaOf(table.component),
      tableNameOf: (number) => this.tableName(table.component, number),
    });
    this.#usage.countWrite(size);
    writeRow(this.state, table, { id, current, next: { document, size } });
    return document;
  }

  #requireMutation(): void {
    if (this.kind === "mutation") return;
    throw new BackendError(
      "WriteInQuery",
      "Queries cannot write to the database.",
    );
  }
}

function invalidId(method: Method, reason: string): BackendError {
  return new BackendError(
    "InvalidArgument",
    `Invalid argument \`id\` for \`db.${method}\`: ${reason}`,
  );
}

function checkSide(table: string, isSystem: boolean): void {
  if (table.startsWith("_") === isSystem) return;
  const text = isSystem
    ? "User tables cannot be accessed with db.system."
    : "System tables can only be accessed with db.system.";
  throw new BackendError("InvalidArgument", text);
}

/** System tables that functions may not see do not exist for them. */
function checkReadable(table: string, isSystem: boolean): void {
  checkSide(table, isSystem);
  if (!isSystem || isVisibleSystemTable(table)) return;
  throw new BackendError(
    "InvalidTableName",
    `System table ${table} does not exist.`,
  );
}
