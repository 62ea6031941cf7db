/** The `_system/…` queries of the command line, answered by the host. They are live like any other query. */
import type { JSONValue } from "convex/values";
import { z } from "zod";
import { BackendError } from "../database/backend-error";
import type { ComponentPath, Database, Transaction } from "../database/types";
import type {
  FunctionCall,
  FunctionFailure,
  QueryOutcome,
} from "../runtime/types";
import {
  readComponents,
  readEnvironment,
  readModules,
  rows,
} from "./deployment-store";
import { parseBody } from "./parse-body";
import {
  importRow,
  importRows,
  latestExport,
} from "./snapshots/snapshot-queries";

type Context = {
  tx: Transaction;
  component: ComponentPath;
  database: Database;
  cloudUrl: string;
};
type SystemQuery = (context: Context, args: JSONValue) => JSONValue;

const vPagination = z.looseObject({
  numItems: z.number().int().positive(),
  cursor: z.string().nullable(),
});

const SYSTEM_QUERIES: { readonly [path: string]: SystemQuery } = {
  "cli/queryEnvironmentVariables": ({ tx }) =>
    rows(tx, "_environment_variables").sort((a, b) =>
      String(a["name"]) < String(b["name"]) ? -1 : 1,
    ),
  "cli/queryEnvironmentVariables:get": ({ tx }, args) => {
    const { name } = parseBody(z.object({ name: z.string() }), args);
    const value = readEnvironment(tx)[name];
    return value === undefined ? null : { name, value };
  },
  "cli/tables": ({ tx, database, component }) => {
    tx.dependOn("code");
    const page = [...database.tables(component)]
      .sort()
      .map((name) => ({ name }));
    return { page, isDone: true, continueCursor: "end" };
  },
  "cli/tableData": tableData,
  "cli/tableSize": ({ tx, database, component }, args) => {
    const { tableName } = parseBody(z.object({ tableName: z.string() }), args);
    return database.tables(component).includes(tableName)
      ? tx.count(component, tableName)
      : 0;
  },
  "cli/queryTable": ({ tx, component }, args) => {
    const { tableName } = parseBody(z.object({ tableName: z.string() }), args);
    return `${tx.count(component, tableName)} documents at ${tx.beginTs}`;
  },
  "cli/modules:apiSpec": apiSpec,
  "cli/convexUrl:cloudUrl": ({ cloudUrl }) => cloudUrl,
  "cli/exports:getLatest": ({ tx }) => latestExport(tx),
  "cli/queryImport": ({ tx }, args) => importRow(tx, args),
  "cli/queryImport:list": ({ tx }) => importRows(tx),
  "frontend/components:list": ({ tx }) => readComponents(tx).map(componentJson),
  "frontend/getSchemas": ({ tx, database, component }) => {
    tx.dependOn("code");
    const schema = database.schemaOf(component);
    return schema === null ? {} : { active: JSON.stringify(schema) };
  },
};

export function isSystemPath(path: string): boolean {
  return path.startsWith("_system/");
}

export class SystemQueries {
  readonly #database: Database;
  readonly #cloudUrl: string;

  constructor(options: { database: Database; cloudUrl: string }) {
    this.#database = options.database;
    this.#cloudUrl = options.cloudUrl;
  }

  run(call: FunctionCall): QueryOutcome {
    let failure: FunctionFailure | null = null;
    const { value, ts, reads } = this.#database.read((tx) => {
      try {
        return this.#answer(tx, call);
      } catch (error) {
        failure = failed(error, call.requestId);
        return null;
      }
    });
    const outcome = failure ?? { kind: "ok" as const, value, logLines: [] };
    return { ...outcome, ts, reads, journal: null, readIdentity: true };
  }

  #answer(tx: Transaction, call: FunctionCall): JSONValue {
    if (!call.allowInternal) {
      throw new BackendError(
        "Unauthorized",
        "System functions can only be called with an admin key",
        { status: 403 },
      );
    }
    const path = call.path.replace(/^_system\//, "").replace(/:default$/, "");
    const query = SYSTEM_QUERIES[path];
    if (query === undefined)
      throw new BackendError(
        "FunctionNotFound",
        `Could not find function for '${call.path}'`,
      );
    const context = {
      tx,
      component: call.componentPath,
      database: this.#database,
      cloudUrl: this.#cloudUrl,
    };
    return query(context, call.args);
  }
}

function failed(error: unknown, requestId: string): FunctionFailure {
  const message = error instanceof Error ? error.message : String(error);
  return {
    kind: "failed",
    errorMessage: `[Request ID: ${requestId}] Server Error\n${message}`,
    logLines: [],
  };
}

const LARGEST_PAGE = 1000;

function tableData({ tx, component }: Context, args: JSONValue): JSONValue {
  const vArgs = z.object({
    table: z.string(),
    order: z.enum(["asc", "desc"]),
    paginationOpts: vPagination,
  });
  const { table, order, paginationOpts } = parseBody(vArgs, args);
  const source = { type: "FullTableScan", tableName: table, order };
  const { page, isDone, continueCursor } = tx.page(component, {
    query: { source, operators: [] },
    cursor: paginationOpts.cursor,
    endCursor: null,
    pageSize: Math.min(paginationOpts.numItems, LARGEST_PAGE),
    maximumRowsRead: null,
    maximumBytesRead: null,
  });
  return { page, isDone, continueCursor };
}

function apiSpec({ tx, component }: Context): JSONValue {
  tx.dependOn("code");
  const modules = readModules(tx, component).get(component) ?? [];
  const analyzed = modules.flatMap(({ path, analysis }) =>
    analysis === null ? [] : [{ path, ...analysis }],
  );
  const functions = analyzed.flatMap(({ path, functions: list }) =>
    list.map((fn) => ({
      identifier: `${path}:${fn.name}`,
      functionType: fn.udfType,
      visibility: fn.visibility,
      args: validator(fn.args),
      returns: validator(fn.returns),
    })),
  );
  const routes = analyzed.flatMap(({ httpRoutes }) => httpRoutes ?? []);
  return [
    ...functions,
    ...routes.map(({ route }) => ({ functionType: "HttpAction", ...route })),
  ];
}

function validator(json: string | null): JSONValue {
  const parsed = json === null ? null : (JSON.parse(json) as JSONValue);
  return parsed ?? { type: "any" };
}

function componentJson(
  component: ReturnType<typeof readComponents>[number],
): JSONValue {
  const { componentPath } = component;
  return {
    id: componentPath,
    name: componentPath.split("/").pop() ?? null,
    path: componentPath,
    args: {},
    state: component.isMounted ? "active" : "unmounted",
    httpPrefix: component.httpPrefix,
  };
}
