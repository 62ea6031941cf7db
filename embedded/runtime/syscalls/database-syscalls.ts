/** `ctx.db`: documents, query streams and pages. */
import type { JSONValue } from "convex/values";
import { BackendError } from "../../database/backend-error";
import type {
  DocumentJson,
  DocumentStream,
  QueryJson,
} from "../../database/types";
import type { Frame } from "../execution";
import type { SyscallArgs } from "./address";
import { JsonText } from "./json-text";
import type { UdfHost } from "./udf-host";

/** The function that calls, and what it has open. */
export type UdfCall = { frame: Frame; host: UdfHost; streams: QueryStreams };
export type UdfSyscalls = {
  readonly [op: string]: (
    call: UdfCall,
    args: SyscallArgs,
  ) => JSONValue | JsonText;
};

/** Streams are open between a handler's calls; ids are per function. */
export class QueryStreams {
  readonly #streams = new Map<number, DocumentStream>();
  #nextId = 0;

  open(stream: DocumentStream): number {
    this.#streams.set(this.#nextId, stream);
    return this.#nextId++;
  }

  /** JSON text. */
  next(id: number): string | null {
    const stream = this.#streams.get(id);
    if (stream === undefined)
      throw new BackendError("QueryNotFound", `Query ${id} is not open`);
    const value = stream.nextText();
    if (value === null) this.#streams.delete(id);
    return value;
  }

  close(id: number): boolean {
    return this.#streams.delete(id);
  }
}

const NO_MORE = new JsonText('{"value":null,"done":true}');

export const databaseReads: UdfSyscalls = {
  "1.0/get": ({ frame }, args) => {
    const found = frame.execution.tx.getText(
      frame.componentPath,
      text(args, "id"),
      { isSystem: args["isSystem"] === true, ...tableOf(args) },
    );
    return found === null ? null : new JsonText(found);
  },
  "1.0/queryStreamNext": ({ streams }, args) => {
    const value = streams.next(Number(args["queryId"]));
    return value === null
      ? NO_MORE
      : new JsonText(`{"value":${value},"done":false}`);
  },
  "1.0/queryPage": ({ frame }, args) => queryPage(frame, args),
  "1.0/count": ({ frame }, args) =>
    frame.execution.tx.count(frame.componentPath, text(args, "table")),
};

export const databaseWrites: UdfSyscalls = {
  "1.0/insert": ({ frame }, args) => ({
    _id: frame.execution.tx.insert(
      frame.componentPath,
      text(args, "table"),
      document(args),
    ),
  }),
  "1.0/shallowMerge": ({ frame }, args) =>
    frame.execution.tx.patch(
      frame.componentPath,
      text(args, "id"),
      document(args),
      tableOf(args).table,
    ),
  "1.0/replace": ({ frame }, args) =>
    frame.execution.tx.replace(
      frame.componentPath,
      text(args, "id"),
      document(args),
      tableOf(args).table,
    ),
  "1.0/remove": ({ frame }, args) =>
    frame.execution.tx.remove(
      frame.componentPath,
      text(args, "id"),
      tableOf(args).table,
    ),
};

/** The synchronous half of `ctx.db`. */
export function openQuery(
  frame: Frame,
  streams: QueryStreams,
  args: SyscallArgs,
): JSONValue {
  const query = parseQuery(args["query"]);
  const isSystem = tableNameOf(query).startsWith("_");
  return {
    queryId: streams.open(
      frame.execution.tx.query(frame.componentPath, query, { isSystem }),
    ),
  };
}

export function normalizeId(frame: Frame, args: SyscallArgs): JSONValue {
  const table = text(args, "table");
  const isSystem = table.startsWith("_");
  return {
    id: frame.execution.tx.normalizeId(
      frame.componentPath,
      table,
      text(args, "idString"),
      { isSystem },
    ),
  };
}

function queryPage(frame: Frame, args: SyscallArgs): JSONValue {
  const { tx, journal } = frame.execution;
  if (frame.componentPath !== "") {
    throw new BackendError(
      "PaginationInComponent",
      "paginate() is only supported in the app.",
    );
  }
  if (journal.paginated) {
    throw new BackendError(
      "MultiplePaginatedDatabaseQueries",
      "This query or mutation function ran multiple paginated queries. Convex only supports a single paginated query in each function.",
    );
  }
  journal.paginated = true;
  const request = {
    query: parseQuery(args["query"]),
    cursor: nullableText(args["cursor"]),
    endCursor: nullableText(args["endCursor"]),
    pageSize: Number(args["pageSize"]),
    maximumRowsRead: nullableNumber(args["maximumRowsRead"]),
    maximumBytesRead: nullableNumber(args["maximumBytesRead"]),
  };
  const result = tx.page(
    frame.componentPath,
    request,
    frame.udfType === "Query" ? journal.given : null,
  );
  journal.produced = result.continueCursor;
  return { ...result };
}

function parseQuery(json: JSONValue | undefined): QueryJson {
  if (
    typeof json !== "object" ||
    json === null ||
    Array.isArray(json) ||
    !Array.isArray(json["operators"])
  ) {
    throw new BackendError("InvalidQuery", "Malformed query");
  }
  return { source: json["source"] ?? null, operators: json["operators"] };
}

function tableNameOf(query: QueryJson): string {
  const source = query.source as { [name: string]: JSONValue };
  return String(source["tableName"] ?? source["indexName"] ?? "");
}

export function text(args: SyscallArgs, name: string): string {
  const value = args[name];
  if (typeof value !== "string")
    throw new BackendError(
      "InvalidArgument",
      `Invalid argument \`${name}\`: expected a string`,
    );
  return value;
}

function tableOf(args: SyscallArgs): { table?: string } {
  return typeof args["table"] === "string" ? { table: args["table"] } : {};
}

function document(args: SyscallArgs): DocumentJson {
  const value = args["value"];
  if (typeof value === "object" && value !== null && !Array.isArray(value))
    return value;
  throw new BackendError("NotAnObject", "Value must be an Object");
}

function nullableText(value: JSONValue | undefined): string | null {
  return typeof value === "string" ? value : null;
}

function nullableNumber(value: JSONValue | undefined): number | null {
  return typeof value === "number" ? value : null;
}
