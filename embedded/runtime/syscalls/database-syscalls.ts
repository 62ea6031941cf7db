/** `ctx.db`: documents, query streams and pages. */
import type { JSONValue } from "convex/values";
import { BackendError } from "../../database/backend-error";
import type {
  DocumentJson,
  DocumentStream,
  QueryJson,
  Transaction,
} from "../../database/types";
import type { Frame } from "../execution";
import type { SyscallArgs } from "./address";

export type AsyncSyscall = (args: SyscallArgs) => JSONValue;

/** Streams are open between a handler's calls; ids are per function. */
export class QueryStreams {
  readonly #streams = new Map<number, DocumentStream>();
  #nextId = 0;

  open(stream: DocumentStream): number {
    this.#streams.set(this.#nextId, stream);
    return this.#nextId++;
  }

  next(id: number): DocumentJson | null {
    const stream = this.#streams.get(id);
    if (stream === undefined)
      throw new BackendError("QueryNotFound", `Query ${id} is not open`);
    const value = stream.next();
    if (value === null) this.#streams.delete(id);
    return value;
  }

  close(id: number): boolean {
    return this.#streams.delete(id);
  }
}

export function databaseSyscalls(
  frame: Frame,
  streams: QueryStreams,
): { [op: string]: AsyncSyscall } {
  const { tx } = frame.execution;
  const component = frame.componentPath;
  return {
    "1.0/get": (args) =>
      tx.get(component, text(args, "id"), {
        isSystem: args["isSystem"] === true,
        ...tableOf(args),
      }),
    "1.0/queryStreamNext": (args) => {
      const value = streams.next(Number(args["queryId"]));
      return { value, done: value === null };
    },
    "1.0/queryPage": (args) => queryPage(frame, args),
    "1.0/count": (args) => tx.count(component, text(args, "table")),
    ...(frame.udfType === "Mutation" ? writeSyscalls(tx, component) : {}),
  };
}

function writeSyscalls(
  tx: Transaction,
  component: string,
): { [op: string]: AsyncSyscall } {
  return {
    "1.0/insert": (args) => ({
      _id: tx.insert(component, text(args, "table"), document(args)),
    }),
    "1.0/shallowMerge": (args) =>
      tx.patch(
        component,
        text(args, "id"),
        document(args),
        tableOf(args).table,
      ),
    "1.0/replace": (args) =>
      tx.replace(
        component,
        text(args, "id"),
        document(args),
        tableOf(args).table,
      ),
    "1.0/remove": (args) =>
      tx.remove(component, text(args, "id"), tableOf(args).table),
  };
}

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
