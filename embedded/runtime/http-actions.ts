/** HTTP actions: a fetch-style request in, a streaming response out. */
import { BackendError } from "../database/backend-error";
import type { ActionRunner, CurrentDeployment } from "./actions/action-runner";
import { FunctionError } from "./errors";
import type { HttpRouting, RouteMatch } from "./http-routing";
import { readBytes } from "./request-bytes";
import type { Identity } from "./types";

export type HttpIdentity = Identity | { kind: "invalid"; error: string };
type Matched = Extract<RouteMatch, { kind: "route" }>;
export interface HttpActionContext {
  runner: ActionRunner;
  routing: HttpRouting;
  current: CurrentDeployment;
  requestId: string;
  bodyLimit: number;
}

const BODYLESS = new Set(["GET", "HEAD", "OPTIONS"]);

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

async function run(
  request: Request,
  identity: HttpIdentity,
  context: HttpActionContext & { match: Matched },
): Promise<Response> {
  const { runner, match, requestId } = context;
  const started = performance.now();
  const logs = runner.newLogs();
  const body = BODYLESS.has(request.method)
    ? null
    : new Uint8Array(await readBytes(request, context.bodyLimit));
  const entry = {
    udfType: "HttpAction",
    identifier: `${request.method} ${match.pattern}`,
    caller: "HttpEndpoint",
    environment: "isolate",
  } as const;
  const aborted = new AbortController();
  const response = new StreamedResponse(() => aborted.abort());
  const job = runner.runJob({
    call: {
      target: {
        componentPath: match.componentPath,
        path: { module: "http.js", name: "default" },
      },
      identity,
      requestId,
      scheduledFunctionId: null,
    },
    current: context.current,
    environment: "isolate",
    task: {
      kind: "http",
      path: match.path,
      request: {
        url: request.url,
        method: request.method,
        headers: [...request.headers],
        body,
      },
    },
    logs,
    entry,
    signal: aborted.signal,
    response: {
      responseHead: (status, headers) => response.start(status, headers),
      responseChunk: (chunk) => response.push(chunk),
    },
  });
  const finish = (error: unknown): void =>
    runner.logCompletion(match.componentPath, entry, {
      logs,
      error,
      started,
      requestId,
    });
  job.then(
    () => {
      finish(null);
      response.end();
    },
    (error: unknown) => {
      finish(error);
      response.fail(error, requestId);
    },
  );
  return response.promise;
}

/** Becomes a `Response` when the head arrives; the body follows chunk by chunk. */
class StreamedResponse {
  readonly promise: Promise<Response>;
  #resolve: (response: Response) => void = () => undefined;
  #controller: ReadableStreamDefaultController<Uint8Array> | null = null;
  readonly #onCancel: () => void;
  #ended = false;

  constructor(onCancel: () => void) {
    this.#onCancel = onCancel;
    this.promise = new Promise((resolve) => (this.#resolve = resolve));
  }

  start(status: number, headers: [string, string][]): void {
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        this.#controller = controller;
      },
      cancel: () => {
        this.#ended = true;
        this.#onCancel();
      },
    });
    const bodyless = status === 204 || status === 205 || status === 304;
    this.#resolve(new Response(bodyless ? null : body, { status, headers }));
  }

  push(chunk: Uint8Array): void {
    if (!this.#ended) this.#controller?.enqueue(chunk);
  }

  end(): void {
    if (!this.#ended) this.#controller?.close();
    this.#ended = true;
  }

  fail(error: unknown, requestId: string): void {
    if (this.#controller === null)
      return this.#resolve(errorResponse(error, requestId));
    if (!this.#ended) this.#controller.error(error);
    this.#ended = true;
  }
}

function errorResponse(error: unknown, requestId: string): Response {
  if (error instanceof BackendError)
    return Response.json(
      { code: error.code, message: error.message },
      { status: error.status },
    );
  const failed =
    error instanceof FunctionError ? error : new FunctionError(String(error));
  const body = {
    code: `[Request ID: ${requestId}] Server Error: ${failed.text}`,
    trace: failed.message,
    ...(failed.data === undefined ? {} : { data: failed.data }),
  };
  return Response.json(body, { status: 500 });
}
