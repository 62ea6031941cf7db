/** One page of a query: from a cursor up to a number of results, or exactly up to an end cursor. */
import { compareKeys, keyAfter } from "../values/index-key";
import { BackendError } from "./backend-error";
import {
  fingerprintOf,
  type CursorCodec,
  type CursorPosition,
} from "./page-cursor";
import type { QueryPlan } from "./query-plan";
import { QueryStream, type StreamContext } from "./query-stream";
import type { DocumentJson, KeyRange, PageRequest, PageResult } from "./types";
import { MAX_BYTES_READ, MAX_DOCUMENTS_READ } from "./usage";

const MAX_PAGE_SIZE = 32_000;
const SPLIT_DOCUMENTS = 6144;
const SPLIT_SHARE = 0.75;

type Limits = { rows: number; bytes: number };
type Collected = {
  page: DocumentJson[];
  keys: Uint8Array[];
  stop: "full" | "limits" | "end";
};

export function readPage(
  context: StreamContext & { cursors: CursorCodec },
  plan: QueryPlan,
  request: PageRequest & { journal: string | null },
): PageResult {
  checkPageSize(request.pageSize);
  const fingerprint = fingerprintOf(plan.indexKey, request.query);
  const from =
    request.cursor === null
      ? null
      : context.cursors.decode(request.cursor, fingerprint);
  const until = endPosition(context.cursors, request, fingerprint);
  const stream = new QueryStream(context, plan, pageRange(plan, from, until));
  const limits = limitsOf(context, request);
  const collected = collect(stream, {
    pageSize: until === null ? request.pageSize : Infinity,
    limits,
  });
  const position = finalPosition(stream, collected, until);
  return {
    page: collected.page,
    isDone: position.key === null,
    continueCursor: context.cursors.encode(position, fingerprint),
    splitCursor: splitCursor(collected.keys, (key) =>
      context.cursors.encode({ key }, fingerprint),
    ),
    pageStatus: statusOf(stream, collected, limits),
  };
}

function checkPageSize(pageSize: number): void {
  if (pageSize < 1)
    throw new BackendError(
      "NoDocumentsForPagination",
      "Must request at least one document.",
    );
  if (pageSize <= MAX_PAGE_SIZE) return;
  const text = `Page size ${pageSize} is too large (maximum ${MAX_PAGE_SIZE}).`;
  throw new BackendError("PageSizeTooLarge", text);
}

/** A journal of another query (its arguments have changed) no longer says anything. */
function endPosition(
  cursors: CursorCodec,
  request: PageRequest & { journal: string | null },
  fingerprint: Buffer,
): CursorPosition | null {
  if (request.endCursor !== null)
    return cursors.decode(request.endCursor, fingerprint);
  if (request.journal === null) return null;
  try {
    return cursors.decode(request.journal, fingerprint);
  } catch (error) {
    if (error instanceof BackendError && error.code === "InvalidCursor")
      return null;
    throw error;
  }
}

/** What lies after `from` and up to and including `until`, within the range of the query. */
function pageRange(
  plan: QueryPlan,
  from: CursorPosition | null,
  until: CursorPosition | null,
): KeyRange {
  let { start, end } = plan.range;
  const ascending = plan.order === "asc";
  if (from !== null && from.key === null) return { start, end: start };
  if (from !== null && from.key !== null) {
    if (ascending) start = later(start, keyAfter(from.key));
    else end = earlier(end, from.key);
  }
  if (until !== null && until.key !== null) {
    if (ascending) end = earlier(end, keyAfter(until.key));
    else start = later(start, until.key);
  }
  return { start, end };
}

function later(left: Uint8Array, right: Uint8Array): Uint8Array {
  return compareKeys(left, right) > 0 ? left : right;
}

function earlier(left: Uint8Array | null, right: Uint8Array): Uint8Array {
  return left === null || compareKeys(left, right) > 0 ? right : left;
}

/** What the transaction may still read bounds a page, too: it stops early rather than fail. */
function limitsOf(context: StreamContext, request: PageRequest): Limits {
  const used = context.usage?.metrics;
  return {
    rows: Math.max(
      1,
      Math.min(
        request.maximumRowsRead ?? Infinity,
        MAX_DOCUMENTS_READ - (used?.documentsRead ?? 0),
      ),
    ),
    bytes: Math.max(
      1,
      Math.min(
        request.maximumBytesRead ?? Infinity,
        MAX_BYTES_READ / 2 - (used?.bytesRead ?? 0),
      ),
    ),
  };
}

function collect(
  stream: QueryStream,
  until: { pageSize: number; limits: Limits },
): Collected {
  const page: DocumentJson[] = [];
  const keys: Uint8Array[] = [];
  for (;;) {
    if (page.length >= until.pageSize) return { page, keys, stop: "full" };
    if (
      stream.rowsRead >= until.limits.rows ||
      stream.bytesRead >= until.limits.bytes
    ) {
      return { page, keys, stop: "limits" };
    }
    const found = stream.step();
    if (found === "end") return { page, keys, stop: "end" };
    if (found === null || stream.lastKey === null) continue;
    page.push(found.document);
    keys.push(stream.lastKey);
  }
}

function finalPosition(
  stream: QueryStream,
  collected: Collected,
  until: CursorPosition | null,
): CursorPosition {
  if (collected.stop === "end") return until ?? { key: null };
  return { key: stream.lastKey };
}

function splitCursor(
  keys: Uint8Array[],
  encode: (key: Uint8Array) => string,
): string | null {
  const middle =
    keys.length > 2 ? keys[Math.floor((keys.length - 1) / 2)] : undefined;
  return middle === undefined ? null : encode(middle);
}

function statusOf(
  stream: QueryStream,
  collected: Collected,
  limits: Limits,
): PageResult["pageStatus"] {
  if (collected.stop === "limits") return "SplitRequired";
  const isLarge =
    stream.rowsRead > limits.rows * SPLIT_SHARE ||
    stream.bytesRead > limits.bytes * SPLIT_SHARE ||
    collected.page.length > SPLIT_DOCUMENTS;
  return isLarge ? "SplitRecommended" : null;
}
