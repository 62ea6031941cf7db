/**
 * The writes of one transaction, not yet applied. For each document the version on disk and the version to be; for each
 * index that is scanned meanwhile an overlay of keys, so that scans merge both. Every change is undoable, which is what
 * savepoints are made of.
 */
import { IndexOverlay } from "./index-overlay";
import { type IndexInfo, keyIn, type Row, type TableInfo } from "./table-info";

export type PendingDocument = {
  readonly table: TableInfo;
  readonly before: Row | null;
  after: Row | null;
};

export class PendingWrites {
  readonly #documents = new Map<string, PendingDocument>();
  readonly #byTable = new Map<TableInfo, PendingDocument[]>();
  readonly #overlays = new Map<number, IndexOverlay>();
  readonly #newTables = new Map<string, TableInfo>();
  readonly #undo: (() => void)[] = [];

  /** Undefined when this transaction has not written the document. */
  find(table: TableInfo, id: string): Row | null | undefined {
    return this.#documents.get(documentKey(table, id))?.after;
  }

  /** Most indexes are never scanned by a transaction that writes to them: made when it is first asked for. */
  overlay(indexId: number): IndexOverlay | undefined {
    return this.#overlays.get(indexId) ?? this.#newOverlay(indexId);
  }

  /** `current` is what the transaction sees now; null inserts or removes. */
  write(
    table: TableInfo,
    id: string,
    rows: { current: Row | null; next: Row | null },
  ): void {
    const key = documentKey(table, id);
    const pending =
      this.#documents.get(key) ?? this.#add(key, table, rows.current);
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
    return [...this.#documents.values()].filter(isChange);
  }

  hasChanges(): boolean {
    for (const pending of this.#documents.values())
      if (isChange(pending)) return true;
    return false;
  }

  changesIn(table: TableInfo): PendingDocument[] {
    return (this.#byTable.get(table) ?? []).filter(isChange);
  }

  savepoint(): number {
    return this.#undo.length;
  }

  rollbackTo(savepoint: number): void {
    while (this.#undo.length > savepoint) this.#undo.pop()?.();
  }

  #add(key: string, table: TableInfo, current: Row | null): PendingDocument {
    const pending = { table, before: current, after: current };
    this.#documents.set(key, pending);
    const others = this.#byTable.get(table);
    if (others === undefined) this.#byTable.set(table, [pending]);
    else others.push(pending);
    return pending;
  }

  #place(pending: PendingDocument, next: Row | null): void {
    if (this.#overlays.size > 0)
      for (const index of pending.table.indexes.values())
        replaceIn(this.#overlays.get(index.storageId), index, pending, next);
    pending.after = next;
  }

  #newOverlay(indexId: number): IndexOverlay | undefined {
    for (const [table, documents] of this.#byTable) {
      for (const index of table.indexes.values()) {
        if (index.storageId !== indexId) continue;
        const overlay = new IndexOverlay();
        for (const { before } of documents) hide(overlay, index, before);
        for (const { after } of documents) show(overlay, index, after);
        this.#overlays.set(indexId, overlay);
        return overlay;
      }
    }
    return undefined;
  }
}

function isChange({ before, after }: PendingDocument): boolean {
  return after !== before;
}

function hide(overlay: IndexOverlay, index: IndexInfo, row: Row | null): void {
  if (row !== null) overlay.set(keyIn(index, row.document), null);
}

function show(overlay: IndexOverlay, index: IndexInfo, row: Row | null): void {
  if (row !== null) overlay.set(keyIn(index, row.document), row);
}

function replaceIn(
  overlay: IndexOverlay | undefined,
  index: IndexInfo,
  { before, after }: PendingDocument,
  next: Row | null,
): void {
  if (overlay === undefined) return;
  if (after !== null) overlay.delete(keyIn(index, after.document));
  hide(overlay, index, before);
  show(overlay, index, next);
}

/** Ids of different components may be equal. Those of the app, most of all, stand for themselves. */
function documentKey(table: TableInfo, id: string): string {
  return table.component === "" ? id : `${table.component}:${id}`;
}

function tableKey(component: string, name: string): string {
  return `${component}:${name}`;
}
