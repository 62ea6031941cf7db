/** HTTP actions: a fetch-style request in, a streaming response out. */
import type { JobHandlers } from "./actions/job-handlers";
import type {
  ActionRunner,
  CurrentDeployment,
  JobRequest,
} from "./actions/action-runner";
import type { HttpRouting, RouteMatch } from "./http-routing";
import { RequestParts } from "./request-parts";
import { StreamedResponse } from "./streamed-response";
import type { Identity, RequestOrigin } from "./types";

export type HttpIdentity = Identity | { kind: "invalid"; error: string };
type Matched = Extract<RouteMatch, { kind: "route" }>;
export interface HttpActionContext {
  runner: ActionRunner;
  routing: HttpRouting;
  current: CurrentDeployment;
  requestId: string;
  bodyLimit: number;
  origin?: RequestOrigin;
}
type MatchedContext = HttpActionContext & { match: Matched };

export async function runHttpAction(
  request: Request,
  identity: HttpIdentity,
  context: HttpActionContext,
): Promise<Response> {
  const match = context.routing.match(
    new URL(request.url).pathname,
    request.method,
  );
  if (match.kind === "route")
    return run(request, identity, { ...context, match });
  const text = match.hasHttp
    ? "No matching routes found"
    : "This Convex deployment does not have HTTP actions enabled.";
  return new Response(text, { status: 404 });
}

/** Throws when the request says that it is too large; one that only turns out to be is answered the same way. */
function run(
  request: Request,
  identity: HttpIdentity,
  context: MatchedContext,
): Promise<Response> {
  const { runner, match, requestId } = context;
  const started = performance.now();
  const parts = new RequestParts(request, context.bodyLimit);
  const aborted = new AbortController();
  const response = new StreamedResponse(() => aborted.abort());
  const job = {
    ...jobOf(request, identity, context),
    logs: runner.newLogs(),
    signal: aborted.signal,
    http: handlersOf(parts, response),
  };
  const { logs, entry } = job;
  const finish = (error: unknown): void => {
    parts.cancel();
    runner.logCompletion(match.componentPath, entry, {
      logs,
      error,
      started,
      requestId,
    });
  };
  runner.runJob(job).then(
    () => {
      finish(null);
      response.end();
    },
    (error: unknown) => {
      finish(error);
      response.fail(parts.error ?? error, requestId);
    },
  );
  return response.promise;
}

function handlersOf(
  parts: RequestParts,
  response: StreamedResponse,
): NonNullable<JobRequest["http"]> {
  const handlers: Pick<
    JobHandlers,
    "requestPart" | "responseHead" | "responseChunk"
  > = {
    requestPart: () => parts.next(),
    responseHead: (status, headers) => response.start(status, headers),
    responseChunk: (chunk) => response.push(chunk),
  };
  return handlers;
}

function jobOf(
  request: Request,
  identity: HttpIdentity,
  { match, requestId, current, bodyLimit, origin }: MatchedContext,
): Pick<JobRequest, "call" | "current" | "task"> & {
  environment: "isolate";
  entry: JobRequest["entry"];
} {
  const { url, method } = request;
  const path = { module: "http.js", name: "default" };
  return {
    call: {
      target: { componentPath: match.componentPath, path },
      identity,
      requestId,
      scheduledFunctionId: null,
      ...(origin === undefined ? {} : { origin }),
    },
    current,
    environment: "isolate",
    task: {
      kind: "http",
      path: match.path,
      maxResponseBytes: bodyLimit,
      request: {
        url,
        method,
        headers: [...request.headers],
        hasBody: RequestParts.has(request),
      },
    },
    entry: {
      udfType: "HttpAction",
      identifier: `${method} ${match.pattern}`,
      caller: "HttpEndpoint",
      environment: "isolate",
    },
  };
}
