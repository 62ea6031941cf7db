/**
 * The steps of the run on screen. Subscriptions write here; the tree reads snapshots. A row that did
 * not change keeps its identity, and readers hear of changes at most four times a second.
 */
import type { StepRow } from "../../../convex/validators/steps";
import type { LoadedChildren } from "./step-tree";

const FLUSH_MS = 250;

export type StepSnapshot = {
  /** Null until the steps of the run have arrived. */
  root: readonly StepRow[] | null;
  childrenOf: (parentKey: string) => LoadedChildren | undefined;
  rowOf: (key: string) => StepRow | undefined;
  /** All that are loaded. */
  rows: readonly StepRow[];
};

const EMPTY: StepSnapshot = {
  root: null,
  childrenOf: () => undefined,
  rowOf: () => undefined,
  rows: [],
};

export class StepStore {
  readonly #children = new Map<string, LoadedChildren>();
  readonly #loaders = new Map<string, () => void>();
  readonly #listeners = new Set<() => void>();
  #root: readonly StepRow[] | null = null;
  #rows: ReadonlyMap<string, StepRow> = new Map();
  #snapshot = EMPTY;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #flushedAt = 0;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  };

  readonly getSnapshot = (): StepSnapshot => this.#snapshot;

  setRoot(rows: readonly StepRow[]): void {
    this.#root = rows.map((row) => this.#keepSame(row));
    this.#schedule();
  }

  setChildren(parentKey: string, children: LoadedChildren): void {
    const rows = children.rows.map((row) => this.#keepSame(row));
    this.#children.set(parentKey, { ...children, rows });
    this.#schedule();
  }

  dropChildren(parentKey: string): void {
    this.#children.delete(parentKey);
    this.#loaders.delete(parentKey);
    this.#schedule();
  }

  /** `load` fetches the next page of a parent's children. */
  setLoader(parentKey: string, load: () => void): void {
    this.#loaders.set(parentKey, load);
  }

  loadMore(parentKey: string): void {
    this.#loaders.get(parentKey)?.();
  }

  /** Shows what has arrived at once. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#flushedAt = Date.now();
    this.#rows = this.#index();
    const rows = this.#rows;
    const children = new Map(this.#children);
    this.#snapshot = {
      root: this.#root,
      childrenOf: (key) => children.get(key),
      rowOf: (key) => rows.get(key),
      rows: [...rows.values()],
    };
    for (const listener of this.#listeners) listener();
  }

  #schedule(): void {
    if (this.#timer !== undefined) return;
    const wait = this.#flushedAt + FLUSH_MS - Date.now();
    this.#timer = setTimeout(() => this.flush(), Math.max(0, wait));
  }

  #keepSame(row: StepRow): StepRow {
    const known = this.#rows.get(row.key);
    return known !== undefined && isSame(known, row) ? known : row;
  }

  #index(): ReadonlyMap<string, StepRow> {
    const rows = new Map<string, StepRow>();
    for (const row of this.#root ?? []) rows.set(row.key, row);
    for (const children of this.#children.values())
      for (const row of children.rows) rows.set(row.key, row);
    return rows;
  }
}

/** Deep equality of plain data. */
export function isSame(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== "object" || typeof b !== "object") return false;
  if (a === null || b === null) return false;
  const left = Object.entries(a);
  const right = new Map(Object.entries(b));
  return (
    left.length === right.size &&
    left.every(([name, value]) => isSame(value, right.get(name)))
  );
}
