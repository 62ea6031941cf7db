/**
 * The writes of one transaction, not yet applied. For each document the version on disk and the version to be; for each
 * index an overlay of keys, so that scans merge both. Every change is undoable, which is what savepoints are made of.
 */
import { IndexOverlay } from "./index-overlay";
import { keyIn, type Row, type TableInfo } from "./table-info";

export type PendingDocument = {
  readonly table: TableInfo;
  readonly before: Row | null;
  after: Row | null;
};

export class PendingWrites {
  readonly #documents = new Map<string, PendingDocument>();
  readonly #overlays = new Map<number, IndexOverlay>();
  readonly #newTables = new Map<string, TableInfo>();
  readonly #undo: (() => void)[] = [];

  /** Undefined when this transaction has not written the document. */
  find(table: TableInfo, id: string): Row | null | undefined {
    return this.#documents.get(documentKey(table, id))?.after;
  }

  overlay(indexId: number): IndexOverlay | undefined {
    return this.#overlays.get(indexId);
  }

  /** `current` is what the transaction sees now; null inserts or removes. */
  write(
    table: TableInfo,
    id: string,
    rows: { current: Row | null; next: Row | null },
  ): void {
    const key = documentKey(table, id);
    const pending = this.#documents.get(key) ?? {
      table,
      before: rows.current,
      after: rows.current,
    };
    this.#documents.set(key, pending);
    const previous = pending.after;
    this.#place(pending, rows.next);
    this.#undo.push(() => this.#place(pending, previous));
  }

  addTable(table: TableInfo): void {
    const key = tableKey(table.component, table.name);
    this.#newTables.set(key, table);
    this.#undo.push(() => this.#newTables.delete(key));
  }

  findTable(component: string, name: string): TableInfo | undefined {
    return this.#newTables.get(tableKey(component, name));
  }

  newTables(): TableInfo[] {
    return [...this.#newTables.values()];
  }

  /** Documents whose version changes; those written and put back are left out. */
  changes(): PendingDocument[] {
    return [...this.#documents.values()].filter(
      (pending) => pending.after !== pending.before,
    );
  }

  changesIn(table: TableInfo): PendingDocument[] {
    return this.changes().filter((pending) => pending.table === table);
  }

  savepoint(): number {
    return this.#undo.length;
  }

  rollbackTo(savepoint: number): void {
    while (this.#undo.length > savepoint) this.#undo.pop()?.();
  }

  #place(pending: PendingDocument, next: Row | null): void {
    for (const index of pending.table.indexes.values()) {
      const overlay = this.#overlayFor(index.storageId);
      if (pending.after !== null)
        overlay.delete(keyIn(index, pending.after.document));
      if (pending.before !== null)
        overlay.set(keyIn(index, pending.before.document), null);
      if (next !== null) overlay.set(keyIn(index, next.document), next);
    }
    pending.after = next;
  }

  #overlayFor(indexId: number): IndexOverlay {
    const existing = this.#overlays.get(indexId);
    if (existing !== undefined) return existing;
    const created = new IndexOverlay();
    this.#overlays.set(indexId, created);
    return created;
  }
}

/** Ids of different components may be equal. */
function documentKey(table: TableInfo, id: string): string {
  return `${table.component}:${id}`;
}

function tableKey(component: string, name: string): string {
  return `${component}:${name}`;
}
