/** `fetch` of actions: the host sends the request, the response's body streams into the realm. */
import { ReadableStream } from "web-streams-polyfill";
import { guardedMethods } from "./host-connection";
import type { HostNetwork, ResponseSink } from "./realm-host";
import { Request, type RequestInit } from "./web/request";
import { Response } from "./web/response";
import { ownBytes } from "./web/text-encoding";
import type { URL } from "./web/url";

const { parse } = JSON;

export function actionFetch(given: HostNetwork) {
  const network = guardedMethods(given);
  return async function fetch(
    input: Request | URL | string,
    init?: RequestInit,
  ): Promise<Response> {
    const request = new Request(input, init);
    request.signal.throwIfAborted();
    const body = await wholeBody(request);
    request.signal.throwIfAborted();
    return await send(network, request, body);
  };
}

async function wholeBody(request: Request): Promise<Uint8Array | null> {
  const source = Request.bodyOf(request);
  if (source === null || source instanceof Uint8Array) return source;
  return new Response(source).bytes();
}

function send(
  network: HostNetwork,
  request: Request,
  body: Uint8Array | null,
): Promise<Response> {
  const { url, method, redirect, signal } = request;
  return new Promise((resolve, reject) => {
    let id: number | null = null;
    const sink = receiver({
      resolve,
      reject,
      pull: () => id !== null && network.pullResponse(id),
      cancel: () => id !== null && network.abortFetch(id),
    });
    id = network.startFetch(
      { url, method, redirect, body, headers: [...request.headers] },
      sink.events,
    );
    signal.addEventListener("abort", () => sink.abort(signal.reason), {
      once: true,
    });
  });
}

type Ends = {
  resolve: (response: Response) => void;
  reject: (reason: unknown) => void;
  pull: () => void;
  cancel: () => void;
};

function receiver(ends: Ends): {
  events: ResponseSink;
  abort: (reason: unknown) => void;
} {
  let controller: ReadableStreamDefaultController<Uint8Array> | null = null;
  const fail = (reason: unknown) => {
    ends.reject(reason);
    controller?.error(reason);
  };
  const body = new ReadableStream<Uint8Array>(
    {
      start: (given) => {
        controller = given;
      },
      pull: ends.pull,
      cancel: ends.cancel,
    },
    { highWaterMark: 0 },
  );
  const events: ResponseSink = {
    head: ({ status, statusText, headers, url, redirected }) => {
      const init = {
        status,
        statusText,
        headers: parse(headers) as [string, string][],
      };
      ends.resolve(Response.received(body, init, { url, redirected }));
    },
    chunk: (bytes) => controller?.enqueue(ownBytes(bytes)),
    end: () => controller?.close(),
    fail: (message) => fail(new TypeError(message)),
  };
  const abort = (reason: unknown) => {
    ends.cancel();
    fail(reason);
  };
  return { events, abort };
}
