/** Reading `_scheduled_functions` by state and time. */
import type { JSONValue } from "convex/values";
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

/** Jobs that ended before `beforeMs`, oldest first. */
export function endedJobs(
  tx: Transaction,
  component: ComponentPath,
  options: { beforeMs: number; limit: number },
): JobRow[] {
  const stream = scan(tx, component, "by_completed_time", [
    { type: "Gte", fieldPath: "completedTime", value: 0 },
    { type: "Lt", fieldPath: "completedTime", value: options.beforeMs },
  ]);
  return take(stream, options.limit);
}

function inState(
  tx: Transaction,
  component: ComponentPath,
  state: string,
): DocumentStream {
  return scan(tx, component, "by_state_and_time", [
    { type: "Eq", fieldPath: "state.kind", value: state },
  ]);
}

function scan(
  tx: Transaction,
  component: ComponentPath,
  index: string,
  range: JSONValue[],
): DocumentStream {
  return tx.system.query(component, {
    source: {
      type: "IndexRange",
      indexName: `${TABLE}.${index}`,
      range,
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

/** Recorded session requests from before `beforeMs`: no client replays those any more. */
export function oldSessionRequests(
  tx: Transaction,
  options: { beforeMs: number; limit: number },
): string[] {
  const stream = tx.system.query("", {
    source: {
      type: "IndexRange",
      indexName: "_session_requests.by_creation_time",
      range: [
        { type: "Lt", fieldPath: "_creationTime", value: options.beforeMs },
      ],
      order: "asc",
    },
    operators: [{ limit: options.limit }],
  });
  const ids: string[] = [];
  for (let row = stream.next(); row !== null; row = stream.next())
    ids.push(String(row["_id"]));
  return ids;
}
