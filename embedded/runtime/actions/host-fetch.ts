/**
 * The requests of one action: its realm sees text and bytes only. They end with it. What of an answer is there at once
 * is told at once: entering a realm costs more than reading a short answer.
 */
import { copyOf } from "../realm/host-bytes";
import type { HostRequest, ResponseSink } from "../realm/realm-host";

type Enter = (work: () => void) => void;
type Reader = ReadableStreamDefaultReader<Uint8Array>;
type Read = ReturnType<Reader["read"]>;
type Running = {
  abort: AbortController;
  sink: ResponseSink;
  reader: Reader | null;
  /** Asked for before the realm has: the next chunk. */
  begun: Read | null;
};
/** The beginning of a body, and perhaps its end. */
type Early = { chunks: Uint8Array[]; isWhole: boolean; begun: Read | null };

const MAX_EARLY_BYTES = 64 * 1024;

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
      begun: null,
    };
    this.#running.set(id, running);
    const init = requestInit(request, running.abort.signal);
    fetch(String(request.url), init).then(
      (response) => void this.#received(id, running, response),
      (error: unknown) => this.#failed(id, error),
    );
    return id;
  }

  async #received(
    id: number,
    running: Running,
    response: Response,
  ): Promise<void> {
    if (!this.#running.has(id)) return;
    running.reader = response.body?.getReader() ?? null;
    const { chunks, isWhole, begun } = await earlyPart(running.reader);
    if (!this.#running.has(id)) return;
    running.begun = begun;
    if (isWhole) this.#running.delete(id);
    const { status, statusText, url, redirected } = response;
    const headers = JSON.stringify([...response.headers]);
    const { sink } = running;
    this.#enter(() => {
      sink.head({ status, statusText, headers, url, redirected });
      for (const chunk of chunks) sink.chunk(chunk);
      if (isWhole) sink.end();
    });
  }

  /** Reads one chunk, or finds the end. */
  pull(id: number): void {
    const running = this.#running.get(id);
    const read = running?.begun ?? running?.reader?.read();
    if (running === undefined || read === undefined) return;
    running.begun = null;
    read.then(
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

/** What comes within this turn of the event loop. What goes wrong meanwhile is left for whoever asks next. */
async function earlyPart(reader: Reader | null): Promise<Early> {
  const chunks: Uint8Array[] = [];
  if (reader === null) return { chunks, isWhole: true, begun: null };
  const turn = new Promise<null>((resolve) => setImmediate(resolve, null));
  for (let bytes = 0; bytes < MAX_EARLY_BYTES;) {
    const begun = reader.read();
    const read = await Promise.race([begun.catch(() => null), turn]);
    if (read === null) return { chunks, isWhole: false, begun };
    if (read.done) return { chunks, isWhole: true, begun: null };
    bytes += read.value.byteLength;
    chunks.push(read.value);
  }
  return { chunks, isWhole: false, begun: null };
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
