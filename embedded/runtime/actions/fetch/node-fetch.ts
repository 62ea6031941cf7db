/** Node's own `fetch`: several times the processor time of ours, and it knows every scheme. */
import type { Answer, OutgoingRequest, StartedFetch } from "./outgoing-request";

export function startNodeFetch(request: OutgoingRequest): StartedFetch {
  const abort = new AbortController();
  return {
    answer: nodeFetch(request, abort.signal),
    abort: () => abort.abort(),
  };
}

async function nodeFetch(
  { url, method, headers, redirect, body }: OutgoingRequest,
  signal: AbortSignal,
): Promise<Answer> {
  const response = await fetch(url, {
    method,
    headers: headers.map(([name, value]): [string, string] => [name, value]),
    redirect,
    signal,
    ...(body === null ? {} : { body: new Uint8Array(body) }),
  });
  return {
    status: response.status,
    statusText: response.statusText,
    url: response.url,
    redirected: response.redirected,
    headers: [...response.headers],
    body: response.body?.[Symbol.asyncIterator]() ?? null,
  };
}
