/** What sync, http, scheduler and deploy may rely on: how functions are called and what comes back. */
import type { JSONValue } from "convex/values";
import type { ComponentPath, ReadSet, SchemaJson } from "../database/types";

export type UdfType = "Query" | "Mutation" | "Action" | "HttpAction";
export type Caller =
  "SyncWorker" | "HttpApi" | "HttpEndpoint" | "Cron" | "Scheduler" | "Action";

/** Who calls. `user.attributes` is what `ctx.auth.getUserIdentity()` returns. */
export type Identity =
  | { kind: "none" }
  | { kind: "system" }
  | { kind: "admin"; actingAs?: JSONValue }
  | {
      kind: "user";
      attributes: { [claim: string]: JSONValue };
      expiresAtMs: number;
    };

/** Where a call came from. What a function calls in turn is told the same. */
export interface RequestOrigin {
  ip: string | null;
  userAgent: string | null;
  /** The token that proved who the user is. */
  authToken: string | null;
  scheduledFunctionId: string | null;
}

export interface FunctionCall {
  componentPath: ComponentPath;
  /** As clients send it: "dir/module:export"; canonicalised by the runtime. */
  path: string;
  /** The arguments object, encoded JSON. */
  args: JSONValue;
  identity: Identity;
  caller: Caller;
  requestId: string;
  /** Non-admin callers may only reach public functions. Scheduler, cron and admin may reach internal ones. */
  allowInternal: boolean;
  journal?: string | null;
  /** Queries: the snapshot to run on, when it is not the newest. */
  atTs?: bigint;
  /** Mutations over the socket: a successful (session, request) is recorded and replayed, never re-executed. */
  idempotency?: { sessionId: string; requestId: number };
  scheduledFunctionId?: string;
  /** Absent when no request led to it. */
  origin?: RequestOrigin;
  /** Mutations wait for their turn; one that nobody waits for any more by then is not executed. */
  isAbandoned?: () => boolean;
  /** Called at once, before the next mutation begins, when this one fails for a reason of ours: it will come again. */
  onTrouble?: () => void;
}

export interface FunctionFailure {
  kind: "failed";
  /** Full text for clients: `[Request ID: …] Server Error\nUncaught Error: …\n    at …`. */
  errorMessage: string;
  errorData?: JSONValue;
  logLines: string[];
  /** Set when this is not the developer's error: the socket closes or HTTP answers with `status` and `code`. */
  system?: { status: number; code: string };
  /** The disk refused: nothing of it is stored, and it may well be tried again. */
  isUnstored?: true;
}
export type FunctionSuccess = {
  kind: "ok";
  value: JSONValue;
  logLines: string[];
};
export type QueryOutcome = (FunctionSuccess | FunctionFailure) & {
  ts: bigint;
  reads: ReadSet;
  journal: string | null;
  /** False when the result is the same for every caller. */
  readIdentity: boolean;
};
export type MutationOutcome =
  (FunctionSuccess & { ts: bigint }) | FunctionFailure;
export type ActionOutcome = FunctionSuccess | FunctionFailure;

export interface PushedModule {
  path: string;
  source: string;
  sourceMap?: string;
  environment: "isolate" | "node";
}
/** Everything that runs: stored in system tables, loaded at start, switched in one commit by a push. */
export interface LoadedComponent {
  componentPath: ComponentPath;
  definitionPath: string;
  modules: PushedModule[];
  schema: SchemaJson | null;
  /** name of child → its component path */
  children: Record<string, ComponentPath>;
  httpMounts: Record<string, string>;
  httpPrefix?: string;
  /** Environment the component sees (the app sees all). */
  env: "all" | Record<string, string>;
}

export interface AnalyzedFunction {
  name: string;
  udfType: "Query" | "Mutation" | "Action";
  visibility: { kind: "public" } | { kind: "internal" } | null;
  args: string | null;
  returns: string | null;
  pos: null | { path: string; start_lineno: number; start_col: number };
}
export interface AnalyzedModule {
  functions: AnalyzedFunction[];
  httpRoutes: null | { route: { path: string; method: string }; pos: null }[];
  cronSpecs: null | { identifier: string; spec: JSONValue }[];
  sourceMapped: null;
}

export interface LogEntry {
  kind: "Completion" | "Progress";
  udfType: UdfType;
  componentPath: string | null;
  identifier: string;
  timestampMs: number;
  lines: {
    level: string;
    messages: string[];
    timestampMs: number;
    isTruncated: boolean;
  }[];
  error: string | null;
  executionTimeMs: number;
  requestId: string;
  caller: Caller;
  environment: "isolate" | "node";
}

export interface OpenFile {
  size: number;
  /** Base64 of the 32 bytes. */
  sha256: string;
  contentType: string | null;
  /** `end` is exclusive. */
  read(range?: { start: number; end: number }): ReadableStream<Uint8Array>;
}

/** File storage as the HTTP routes need it. Both throw `BackendError` with Convex's codes. */
export interface FileService {
  /** `digest` is the base64 of `Digest: sha-256=…`. */
  storeUpload(request: {
    token: string;
    body: AsyncIterable<Uint8Array>;
    contentType: string | null;
    digest: string | null;
  }): Promise<{ storageId: string }>;
  /** By the UUID in the URL; `component` is its `?component=` parameter (a component path). Null when unknown. */
  open(uuid: string, component: ComponentPath): OpenFile | null;
  /** By document id (export, tests). */
  openById(component: ComponentPath, storageId: string): OpenFile | null;
}

/** Worker threads of one environment, and the actions that run or wait for their turn. */
export type EnvironmentLoad = {
  workers: number;
  running: number;
  waiting: number;
};
export type ActionLoad = { isolate: EnvironmentLoad; node: EnvironmentLoad };

export interface Runtime {
  readonly files: FileService;
  actionLoad(): ActionLoad;
  /** Mutations that have not begun. */
  readonly waitingMutations: number;
  runQuery(call: FunctionCall): QueryOutcome;
  /** Of one moment, and at less cost: the outcomes of the first calls, at least one; none begins after `until`. */
  runQueries(calls: readonly FunctionCall[], until: number): QueryOutcome[];
  /** `source` is a module whose default export is a query; throws `BackendError` when it is not a module. */
  runInlineQuery(
    call: Omit<FunctionCall, "path">,
    source: string,
  ): Promise<QueryOutcome>;
  /** Resolves when the commit is on disk. */
  runMutation(call: FunctionCall): Promise<MutationOutcome>;
  runAction(call: FunctionCall): Promise<ActionOutcome>;
  /** Any type, for `/api/function`. */
  runAny(call: FunctionCall): Promise<ActionOutcome>;
  /** Routes by method and path over http.js and component mounts. */
  runHttpAction(
    request: Request,
    identity: Identity | { kind: "invalid"; error: string },
    origin?: RequestOrigin,
  ): Promise<Response>;
  /** Evaluates a definition (`convex.config.js`, `schema.js`, `auth.config.js`) and returns what it exports. */
  evaluateDefinition(request: {
    kind: "app" | "component" | "schema" | "auth";
    module: PushedModule;
    /** path → module, for shared chunks and `_componentDeps`. */
    others: ReadonlyMap<string, PushedModule>;
    env: Record<string, string>;
  }): JSONValue;
  analyze(
    modules: PushedModule[],
    env: Record<string, string>,
  ): Promise<Record<string, AnalyzedModule>>;
  /** Swaps in what is stored (fresh realms). */
  load(components: LoadedComponent[]): Promise<void>;
  /** Everything about `load` that takes time or may fail; what it resolves with swaps in at once. */
  prepare(components: LoadedComponent[]): Promise<() => void>;
  /** Paths of what is loaded, for the scheduler. */
  components(): ComponentPath[];
  /** Null when there is no such function, or its module fails to load. */
  udfTypeOf(
    componentPath: ComponentPath,
    path: string,
  ): "Query" | "Mutation" | "Action" | null;
  onLog(listener: (entry: LogEntry) => void): () => void;
  close(): Promise<void>;
}
