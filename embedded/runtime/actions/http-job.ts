/** One HTTP action inside a worker: finds the endpoint, builds the request, streams the response. */
import { setImmediate as nextTurn } from "node:timers/promises";
import type { Settled } from "../realm/realm-host";
import type { ActionRealm } from "./action-realm";
import type { ActionJob, FromWorker, HttpRequest } from "./worker-messages";

const MAX_RESPONSE_BYTES = 20 * 1024 * 1024;
const TOO_LARGE = "HTTP actions support responses up to 20 MiB";

type Endpoint = { invokeHttpAction: (request: Request) => Promise<Response> };
type Router = {
  lookup: (
    path: string,
    method: string,
  ) => readonly [Endpoint, string, string] | null;
};
type Part<Kind> = Kind extends FromWorker ? Omit<Kind, "id"> : never;
type ResponsePart = Part<
  Extract<FromWorker, { kind: "responseHead" | "responseChunk" }>
>;

export interface HttpJobContext {
  realm: ActionRealm;
  router: unknown;
  signal: AbortSignal;
  post: (message: ResponsePart) => void;
  settled: (settled: Settled) => void;
}

export function runHttpJob(
  task: Extract<ActionJob["task"], { kind: "http" }>,
  context: HttpJobContext,
): void {
  const match = (context.router as Router).lookup(
    task.path,
    task.request.method,
  );
  if (match === null) throw new Error(`No HttpAction routed for ${task.path}`);
  context.realm.invoke(
    match[0],
    "invokeHttpAction",
    [toRequest(task.request, context.signal)],
    (settled) => {
      if (!settled.ok) return context.settled(settled);
      sendResponse(settled.value, context).then(
        () => context.settled({ ok: true, value: "" }),
        (error: unknown) =>
          context.settled({ ok: false, thrown: context.realm.describe(error) }),
      );
    },
  );
}

function toRequest(request: HttpRequest, signal: AbortSignal): Request {
  const { url, method, headers, body } = request;
  return new Request(url, {
    method,
    headers,
    signal,
    ...(body === null ? {} : { body: new Uint8Array(body) }),
  });
}

/** A body that is there at once is measured before anything is sent, so that one too large is an error, not half a file. */
async function sendResponse(
  response: unknown,
  { post, signal }: HttpJobContext,
): Promise<void> {
  if (!(response instanceof Response))
    throw new Error("HTTP actions must return a Response");
  const chunks = bodyChunks(response);
  let next = chunks.next();
  await Promise.race([next, nextTurn()]);
  post({
    kind: "responseHead",
    status: response.status,
    headers: [...response.headers],
  });
  for (let step = await next; step.done !== true; step = await next) {
    if (signal.aborted) return;
    post({ kind: "responseChunk", chunk: step.value });
    next = chunks.next();
  }
}

/** Throws once they are more than a response may have. */
async function* bodyChunks(response: Response): AsyncGenerator<Uint8Array> {
  let size = 0;
  for await (const chunk of response.body ?? []) {
    const bytes =
      typeof chunk === "string" ? Buffer.from(chunk) : (chunk as Uint8Array);
    size += bytes.length;
    if (size > MAX_RESPONSE_BYTES) throw new Error(TOO_LARGE);
    yield bytes;
  }
}
