/** System tables within a transaction: not validated, not counted, out of reach of user functions. */
import { sizeOf } from "../values/value-limits";
import { BackendError } from "./backend-error";
import { SYSTEM_TABLES } from "./system-tables";
import { writeRow, type TransactionState } from "./transaction-state";
import type {
  ComponentPath,
  DocumentJson,
  DocumentStream,
  QueryJson,
  SystemView,
} from "./types";

export class StateSystemView implements SystemView {
  readonly #state: TransactionState;
  readonly #requireMutation: () => void;

  constructor(state: TransactionState, requireMutation: () => void) {
    this.#state = state;
    this.#requireMutation = requireMutation;
  }

  insert(component: ComponentPath, table: string, value: DocumentJson): string {
    this.#requireMutation();
    requireSystemTable(table);
    const info = this.#state.tableForWrite(component, table);
    const document = { ...value, ...this.#state.newSystemFields(info) };
    writeRow(this.#state, info, {
      id: document._id,
      current: null,
      next: { document, size: sizeOf(document) },
    });
    return document._id;
  }

  get(
    component: ComponentPath,
    table: string,
    id: string,
  ): DocumentJson | null {
    requireSystemTable(table);
    const info = this.#state.findTable(component, table);
    return info === null
      ? null
      : (this.#state.readRow(info, id, null)?.document ?? null);
  }

  replace(
    component: ComponentPath,
    table: string,
    id: string,
    value: DocumentJson,
  ): void {
    const { info, row } = this.#require(component, table, id);
    const { _id = null, _creationTime = null } = row.document;
    const document = { ...value, _id, _creationTime };
    writeRow(this.#state, info, {
      id,
      current: row,
      next: { document, size: sizeOf(document) },
    });
  }

  remove(component: ComponentPath, table: string, id: string): void {
    const { info, row } = this.#require(component, table, id);
    writeRow(this.#state, info, { id, current: row, next: null });
  }

  query(component: ComponentPath, query: QueryJson): DocumentStream {
    return this.#state.openQuery(component, query, null);
  }

  count(component: ComponentPath, table: string): number {
    const info = this.#state.findTable(component, table);
    return info === null ? 0 : this.#state.countRows(info);
  }

  #require(component: ComponentPath, table: string, id: string) {
    this.#requireMutation();
    requireSystemTable(table);
    const info = this.#state.findTable(component, table);
    const row = info === null ? null : this.#state.readRow(info, id, null);
    if (info !== null && row !== null) return { info, row };
    throw new BackendError(
      "NonexistentDocument",
      `No document ${id} in system table ${table}.`,
    );
  }
}

function requireSystemTable(table: string): void {
  if (!Object.hasOwn(SYSTEM_TABLES, table))
    throw new Error(`${table} is not listed in system-tables.ts`);
}
