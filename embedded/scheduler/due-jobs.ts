/** Reading `_scheduled_functions` by state and time. */
import type {
  ComponentPath,
  DocumentStream,
  Transaction,
} from "../database/types";
import type { JobRow } from "../runtime/scheduled-jobs";

const TABLE = "_scheduled_functions";

/** Pending jobs in the order in which they are due. */
export function pendingJobs(
  tx: Transaction,
  component: ComponentPath,
  limit: number,
): JobRow[] {
  return take(inState(tx, component, "pending"), limit);
}

/** Actions that were running when the process ended, or are running now. */
export function jobsInProgress(
  tx: Transaction,
  component: ComponentPath,
): JobRow[] {
  return take(inState(tx, component, "inProgress"), Infinity);
}

function inState(
  tx: Transaction,
  component: ComponentPath,
  state: string,
): DocumentStream {
  return tx.system.query(component, {
    source: {
      type: "IndexRange",
      indexName: `${TABLE}.by_state_and_time`,
      range: [{ type: "Eq", fieldPath: "state.kind", value: state }],
      order: "asc",
    },
    operators: [],
  });
}

function take(stream: DocumentStream, limit: number): JobRow[] {
  const rows: JobRow[] = [];
  while (rows.length < limit) {
    const row = stream.next();
    if (row === null) break;
    rows.push(row as JobRow);
  }
  return rows;
}
