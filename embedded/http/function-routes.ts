/** Calls of functions: query, mutation, action, function, batches, and `run/…`. */
import { setImmediate as nextTurn } from "node:timers/promises";
import type { JSONValue } from "convex/values";
import { z } from "zod";
import type { Authenticator } from "../auth/authenticator";
import { BackendError } from "../database/backend-error";
import type { Database } from "../database/types";
import { parseBody } from "../deploy/parse-body";
import type { ActionOutcome, FunctionCall, Identity } from "../runtime/types";
import { checkComponentReach, reachesInternal } from "../sync/call-reach";
import type { FunctionRunner } from "../sync/connection";
import { decodeTs, encodeTs } from "../sync/timestamp-text";
import { callerIdentity, requestOrigin } from "./caller-identity";
import { cleanJson } from "./clean-json";
import { jsonBody, parseJson } from "./request-body";
import { json } from "./responses";
import type { Router } from "./router";

const vJson = z.custom<JSONValue>((value) => value !== undefined);
const vFormat = z
  .enum(["convex_encoded_json", "convex_json", "json"])
  .optional();
const vCall = z.object({
  path: z.string(),
  args: vJson.optional(),
  format: vFormat,
  componentPath: z.string().nullish(),
});
const vBatch = z.object({ queries: z.array(vCall).max(1000) });
const vAtTs = vCall.extend({ ts: z.string() });
const vRun = z.object({ args: vJson.optional(), format: vFormat });

const MAX_MS_PER_SLICE = 10;

type Call = z.infer<typeof vCall>;
type Kind = "query" | "mutation" | "action" | "any";

export type FunctionRouteOptions = {
  functions: FunctionRunner;
  authenticator: Authenticator;
  database: Database;
  newRequestId: () => string;
};

export function addFunctionRoutes(
  router: Router,
  options: FunctionRouteOptions,
): void {
  const calls = new FunctionCalls(options);
  for (const kind of ["query", "mutation", "action"] as const) {
    router.on("POST", `/api/${kind}`, async (request, _parameters, url) =>
      calls.answer(kind, parseBody(vCall, await jsonBody(request)), {
        request,
        url,
      }),
    );
  }
  router
    .on("POST", "/api/function", async (request, _parameters, url) =>
      calls.answer("any", parseBody(vCall, await jsonBody(request)), {
        request,
        url,
      }),
    )
    .on("GET", "/api/query", (request, _parameters, url) =>
      calls.answer("query", callFromUrl(url), { request, url }),
    )
    .on("POST", "/api/query_ts", () => {
      options.database.flush();
      return json({ ts: encodeTs(options.database.latestTs) });
    })
    .on("POST", "/api/query_at_ts", async (request, _parameters, url) =>
      calls.atTimestamp(parseBody(vAtTs, await jsonBody(request)), {
        request,
        url,
      }),
    )
    .on("POST", "/api/query_batch", async (request, _parameters, url) =>
      calls.batch(parseBody(vBatch, await jsonBody(request)).queries, {
        request,
        url,
      }),
    )
    .on("POST", "/api/run/*path", async (request, parameters, url) => {
      const body = parseBody(vRun, await jsonBody(request));
      return calls.answer(
        "any",
        { ...body, path: runPath(parameters["path"] ?? "") },
        { request, url },
      );
    });
}

type Source = { request: Request; url: URL };

class FunctionCalls {
  readonly #options: FunctionRouteOptions;

  constructor(options: FunctionRouteOptions) {
    this.#options = options;
  }

  async answer(kind: Kind, call: Call, source: Source): Promise<Response> {
    const identity = await this.#identify(source);
    const request = this.#functionCall(call, identity, source);
    const outcome = await this.#run(kind, request);
    return json(outcomeJson(outcome, formatOf(call, source.request)));
  }

  async atTimestamp(
    call: z.infer<typeof vAtTs>,
    source: Source,
  ): Promise<Response> {
    const identity = await this.#identify(source);
    const atTs = parseTs(call.ts);
    const outcome = checkedOutcome(
      this.#options.functions.runQuery({
        ...this.#functionCall(call, identity, source),
        atTs,
      }),
    );
    return json(outcomeJson(outcome, formatOf(call, source.request)));
  }

  /** All see the snapshot of the first; many of them leave room for others in between. */
  async batch(queries: readonly Call[], source: Source): Promise<Response> {
    const identity = await this.#identify(source);
    const results: JSONValue[] = [];
    let at: { atTs?: bigint } = {};
    let until = performance.now() + MAX_MS_PER_SLICE;
    for (const call of queries) {
      if (performance.now() > until) {
        await nextTurn();
        until = performance.now() + MAX_MS_PER_SLICE;
      }
      const outcome = checkedOutcome(
        this.#options.functions.runQuery({
          ...this.#functionCall(call, identity, source),
          ...at,
        }),
      );
      at = { atTs: outcome.ts };
      results.push(outcomeJson(outcome, formatOf(call, source.request)));
    }
    return json({ results });
  }

  #identify({ request, url }: Source): Promise<Identity> {
    return callerIdentity(request, url, this.#options.authenticator);
  }

  #functionCall(
    call: Call,
    identity: Identity,
    { request }: Source,
  ): FunctionCall {
    const componentPath = call.componentPath ?? "";
    checkComponentReach(componentPath, identity);
    return {
      componentPath,
      path: call.path,
      args: argumentsObject(call.args),
      identity,
      origin: requestOrigin(request, identity),
      caller: "HttpApi",
      requestId: this.#options.newRequestId(),
      allowInternal: reachesInternal(identity),
    };
  }

  async #run(kind: Kind, call: FunctionCall): Promise<ActionOutcome> {
    const { functions } = this.#options;
    switch (kind) {
      case "query":
        return checkedOutcome(functions.runQuery(call));
      case "mutation":
        return checkedOutcome(await functions.runMutation(call));
      case "action":
        return checkedOutcome(await functions.runAction(call));
      case "any":
        return checkedOutcome(await functions.runAny(call));
      default:
        return kind satisfies never;
    }
  }
}

/** Failures of ours are HTTP errors; the developer's are answers. */
function checkedOutcome<T extends ActionOutcome>(outcome: T): T {
  if (outcome.kind === "failed" && outcome.system !== undefined) {
    const { code, status } = outcome.system;
    throw new BackendError(code, outcome.errorMessage, { status });
  }
  return outcome;
}

export function outcomeJson(
  outcome: ActionOutcome,
  format: "encoded" | "clean",
): JSONValue {
  const logLines =
    outcome.logLines.length === 0 ? {} : { logLines: outcome.logLines };
  const show = format === "clean" ? cleanJson : (value: JSONValue) => value;
  if (outcome.kind === "ok")
    return { status: "success", value: show(outcome.value), ...logLines };
  const errorData =
    outcome.errorData === undefined
      ? {}
      : { errorData: show(outcome.errorData) };
  return {
    status: "error",
    errorMessage: outcome.errorMessage,
    ...errorData,
    ...logLines,
  };
}

/** Clients of the `convex` package expect encoded values unless they ask otherwise; everybody else clean JSON. */
function formatOf(
  call: { format?: string | undefined },
  request: Request,
): "encoded" | "clean" {
  if (call.format !== undefined)
    return call.format === "json" ? "clean" : "encoded";
  return request.headers.get("convex-client")?.startsWith("npm-") === true
    ? "encoded"
    : "clean";
}

function argumentsObject(args: JSONValue | undefined): JSONValue {
  if (Array.isArray(args)) return args[0] ?? {};
  return args ?? {};
}

function callFromUrl(url: URL): Call {
  const args = url.searchParams.get("args");
  return parseBody(vCall, {
    path: url.searchParams.get("path"),
    args: args === null ? {} : parseJson(args, "The `args` parameter"),
    format: url.searchParams.get("format") ?? undefined,
  });
}

function parseTs(value: string): bigint {
  try {
    return decodeTs(value);
  } catch {
    throw new BackendError("InvalidTimestamp", `"${value}" is not a timestamp`);
  }
}

/** `messages/list` is `messages:list`; a path that already has a colon stays. */
function runPath(path: string): string {
  if (path.includes(":")) return path;
  const slash = path.lastIndexOf("/");
  return slash < 0 ? path : `${path.slice(0, slash)}:${path.slice(slash + 1)}`;
}
