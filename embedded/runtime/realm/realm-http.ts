/** An HTTP action inside its realm: finds the endpoint, builds the request, streams the response. */
import { ReadableStream } from "web-streams-polyfill";
import { describeThrown } from "./describe-thrown";
import { guardedMethods } from "./host-connection";
import type { HttpExchange, HttpInput, Settled } from "./realm-host";
import { AbortController, type AbortSignal } from "./web/abort";
import { chunkBytes } from "./web/body";
import { Request } from "./web/request";
import { Response } from "./web/response";
import { ownBytes } from "./web/text-encoding";

type Endpoint = { invokeHttpAction: (request: Request) => Promise<unknown> };
type Router = {
  lookup: (
    path: string,
    method: string,
  ) => readonly [Endpoint, string, string] | null;
};

const { parse, stringify } = JSON;

export function serve(
  router: unknown,
  given: HttpExchange,
  done: (settled: Settled) => void,
): HttpInput {
  const exchange = guardedMethods(given);
  const body = requestBody(exchange);
  const aborted = new AbortController();
  const run = async () => {
    const match = (router as Router).lookup(exchange.path, exchange.method);
    if (match === null)
      throw new Error(`No HttpAction routed for ${exchange.path}`);
    const request = toRequest(exchange, body.stream, aborted.signal);
    await send(await match[0].invokeHttpAction(request), exchange, aborted);
  };
  void run().then(
    () => done({ ok: true, value: "" }),
    (error: unknown) => done({ ok: false, thrown: describeThrown(error) }),
  );
  return { ...body.input, abort: () => aborted.abort() };
}

function requestBody(exchange: HttpExchange): {
  stream: ReadableStream<Uint8Array>;
  input: Omit<HttpInput, "abort">;
} {
  let controller: ReadableStreamDefaultController<Uint8Array> | null = null;
  const stream = new ReadableStream<Uint8Array>(
    {
      start: (given) => {
        controller = given;
      },
      pull: () => exchange.pull(),
    },
    { highWaterMark: 0 },
  );
  const input = {
    chunk: (bytes: Uint8Array) => controller?.enqueue(ownBytes(bytes)),
    end: () => controller?.close(),
    fail: (message: string) => controller?.error(new TypeError(message)),
  };
  return { stream, input };
}

function toRequest(
  { url, method, headers, hasBody }: HttpExchange,
  body: ReadableStream<Uint8Array>,
  signal: AbortSignal,
): Request {
  return new Request(url, {
    method,
    headers: parse(headers) as [string, string][],
    signal,
    ...(hasBody ? { body } : {}),
  });
}

/** A body that is here at once is measured before anything is sent, so that one too large is an error, not half a file. */
async function send(
  response: unknown,
  exchange: HttpExchange,
  { signal }: AbortController,
): Promise<void> {
  if (!(response instanceof Response))
    throw new TypeError("HTTP actions must return a Response");
  const chunks = limited(chunksOf(response, signal), exchange.maxResponseBytes);
  let next = chunks.next();
  await Promise.race([next, new Promise<void>(exchange.nextTurn)]);
  exchange.head(response.status, stringify([...response.headers]));
  for (let step = await next; step.done !== true; step = await next) {
    const { value } = step;
    await new Promise<void>((taken) => exchange.chunk(value, taken));
    next = chunks.next();
  }
}

async function* limited(
  chunks: AsyncIterable<Uint8Array>,
  maxBytes: number,
): AsyncGenerator<Uint8Array> {
  let size = 0;
  for await (const bytes of chunks) {
    size += bytes.length;
    if (size > maxBytes) throw tooLarge(maxBytes);
    yield bytes;
  }
}

async function* chunksOf(
  response: Response,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const body = Response.bodyOf(response);
  if (body === null) return;
  if (body instanceof Uint8Array) {
    yield body;
    return;
  }
  const reader = body.getReader();
  signal.addEventListener("abort", () => void reader.cancel(signal.reason));
  for (;;) {
    const { done, value } = await reader.read();
    if (done || signal.aborted) return;
    yield chunkBytes(value);
  }
}

function tooLarge(limit: number): Error {
  return new Error(
    `HTTP actions support responses up to ${limit / (1024 * 1024)} MiB`,
  );
}
