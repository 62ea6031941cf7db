/** Runs a query plan row by row: scan, count, record what was read, then filters and limits. */
import { IndexScan, type ScannedRow, type ScanSource } from "./index-scan";
import type { PendingWrites } from "./pending-writes";
import type { QueryPlan } from "./query-plan";
import { ScannedRange, type ReadRecorder } from "./read-set";
import { SearchScan } from "./search/search-scan";
import { textOfRow, type Row } from "./table-info";
import type { DocumentJson, DocumentStream, KeyRange } from "./types";
import type { Usage } from "./usage";

export type StreamContext = {
  source: ScanSource;
  writes: PendingWrites;
  reads: ReadRecorder;
  usage: Usage | null;
};

export class QueryStream implements DocumentStream {
  readonly #plan: QueryPlan;
  readonly #scan: { next(): ScannedRow | null } | null;
  /** Null in a search, which depends on more than what it has looked at. */
  readonly #scanned: ScannedRange | null;
  readonly #usage: Usage | null;
  #ended = false;
  /** Of rows looked at, filtered out or not. */
  rowsRead = 0;
  bytesRead = 0;
  /** The key of the last row looked at; null before the first. */
  lastKey: Uint8Array | null = null;

  constructor(
    context: StreamContext,
    plan: QueryPlan,
    range: KeyRange = plan.range,
  ) {
    this.#plan = plan;
    this.#usage = context.usage;
    this.#usage?.countQuery();
    this.#scanned = recordReads(context, plan, range);
    this.#scan = newScan(context, plan, range);
  }

  next(): DocumentJson | null {
    return this.#nextRow()?.document ?? null;
  }

  nextText(): string | null {
    const row = this.#nextRow();
    return row === null ? null : textOfRow(row);
  }

  #nextRow(): Row | null {
    for (;;) {
      if (this.#ended || this.#limitReached()) return null;
      const found = this.step();
      if (found === "end") return null;
      if (found !== null) return found;
    }
  }

  /** Looks at one more row, which is null when it is filtered out. */
  step(): Row | null | "end" {
    const scanned = this.#limitReached()
      ? null
      : (this.#scan?.next() ?? this.#finish());
    if (scanned === null) {
      this.#ended = true;
      return "end";
    }
    this.#look(scanned);
    return this.#passes(scanned.row.document) ? scanned.row : null;
  }

  #finish(): null {
    this.#scanned?.finished();
    return null;
  }

  #look({ key, row }: ScannedRow): void {
    this.#scanned?.reached(key);
    this.lastKey = key;
    this.rowsRead += 1;
    this.bytesRead += row.size;
    this.#usage?.countRow(row.size);
  }

  #limitReached(): boolean {
    return this.#plan.operators.some(
      (operator) => operator.kind === "limit" && operator.remaining <= 0,
    );
  }

  /** A limit counts the rows that the operators before it let through. */
  #passes(document: DocumentJson): boolean {
    for (const operator of this.#plan.operators) {
      if (operator.kind === "limit") operator.remaining -= 1;
      else if (!operator.matches(document)) return false;
    }
    return true;
  }
}

function recordReads(
  { reads }: StreamContext,
  plan: QueryPlan,
  range: KeyRange,
): ScannedRange | null {
  if (plan.search !== null) {
    reads.addSearch(plan.indexKey, plan.search.plan);
    return null;
  }
  const scanned = new ScannedRange(range, plan.order);
  reads.add(plan.indexKey, scanned);
  return scanned;
}

function newScan(
  context: StreamContext,
  plan: QueryPlan,
  range: KeyRange,
): { next(): ScannedRow | null } | null {
  if (plan.search !== null) {
    const { storage } = context.source;
    const { writes } = context;
    return new SearchScan({ storage, writes, range, ...plan.search });
  }
  if (plan.index === null) return null;
  const first = plan.operators[0];
  const expectedRows = first?.kind === "limit" ? first.remaining : undefined;
  return new IndexScan(context.source, {
    indexId: plan.index.storageId,
    range,
    order: plan.order,
    expectedRows,
  });
}
