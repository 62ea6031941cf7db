/** The requests of one action: its realm sees text and bytes only. They end with it. */
import { copyOf } from "../realm/host-bytes";
import type { HostRequest, ResponseSink } from "../realm/realm-host";

type Enter = (work: () => void) => void;
type Running = {
  abort: AbortController;
  sink: ResponseSink;
  reader: ReadableStreamDefaultReader<Uint8Array> | null;
};

export class HostFetches {
  readonly #enter: Enter;
  readonly #running = new Map<number, Running>();
  #nextId = 1;

  constructor(enter: Enter) {
    this.#enter = enter;
  }

  get count(): number {
    return this.#running.size;
  }

  start(request: HostRequest, sink: ResponseSink): number {
    const id = this.#nextId++;
    const running: Running = {
      abort: new AbortController(),
      sink,
      reader: null,
    };
    this.#running.set(id, running);
    const init = requestInit(request, running.abort.signal);
    fetch(String(request.url), init).then(
      (response) => this.#received(id, running, response),
      (error: unknown) => this.#failed(id, error),
    );
    return id;
  }

  #received(id: number, running: Running, response: Response): void {
    if (!this.#running.has(id)) return;
    running.reader = response.body?.getReader() ?? null;
    const { status, statusText, url, redirected } = response;
    const headers = JSON.stringify([...response.headers]);
    this.#enter(() =>
      running.sink.head({ status, statusText, headers, url, redirected }),
    );
    if (running.reader === null) this.#ended(id);
  }

  /** Reads one chunk, or finds the end. */
  pull(id: number): void {
    const running = this.#running.get(id);
    running?.reader?.read().then(
      ({ done, value }) => {
        if (!this.#running.has(id)) return;
        if (done) this.#ended(id);
        else this.#enter(() => running.sink.chunk(value));
      },
      (error: unknown) => this.#failed(id, error),
    );
  }

  abort(id: number): void {
    this.#running.get(id)?.abort.abort();
    this.#running.delete(id);
  }

  abortAll(): void {
    for (const id of [...this.#running.keys()]) this.abort(id);
  }

  #ended(id: number): void {
    const sink = this.#running.get(id)?.sink;
    this.#running.delete(id);
    if (sink !== undefined) this.#enter(() => sink.end());
  }

  #failed(id: number, error: unknown): void {
    const sink = this.#running.get(id)?.sink;
    this.#running.delete(id);
    if (sink !== undefined) this.#enter(() => sink.fail(textOf(error)));
  }
}

function requestInit(request: HostRequest, signal: AbortSignal): RequestInit {
  const headers = Array.from(
    request.headers,
    ([name, value]): [string, string] => [String(name), String(value)],
  );
  return {
    method: String(request.method),
    headers,
    redirect: request.redirect,
    signal,
    ...(request.body === null ? {} : { body: copyOf(request.body) }),
  };
}

/** Node says only "fetch failed"; why is in the cause. */
function textOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  if (!(cause instanceof Error)) return error.message;
  const code = "code" in cause ? String(cause.code) : "";
  const reason = cause.message === "" ? code : cause.message;
  return `${error.message}: ${reason}`;
}
