/**
 * The requests of one action: its realm sees text and bytes only. They end with it. What of an answer is there at once
 * is told at once: entering a realm costs more than reading a short answer.
 */
import type { HostRequest, ResponseSink } from "../realm/realm-host";
import { startNodeFetch } from "./fetch/node-fetch";
import {
  type Answer,
  type OutgoingRequest,
  outgoingRequest,
  type StartedFetch,
} from "./fetch/outgoing-request";

type Enter = (work: () => void) => void;
type Read = Promise<IteratorResult<Uint8Array, unknown>>;
type Running = {
  sink: ResponseSink;
  /** Unset while what sends requests is being loaded. */
  fetch: StartedFetch | null;
  body: Answer["body"];
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
    const outgoing = outgoingRequest(request);
    const id = this.#nextId++;
    const running = { sink, fetch: null, body: null, begun: null };
    this.#running.set(id, running);
    this.#answerTo(id, running, outgoing).then(
      (answer) => answer && void this.#received(id, running, answer),
      (error: unknown) => this.#failed(id, error),
    );
    return id;
  }

  /** Null when it was given up before it could be sent. */
  async #answerTo(
    id: number,
    running: Running,
    request: OutgoingRequest,
  ): Promise<Answer | null> {
    const start = await starter();
    if (!this.#running.has(id)) return null;
    running.fetch = start(request);
    return await running.fetch.answer;
  }

  async #received(id: number, running: Running, answer: Answer): Promise<void> {
    if (!this.#running.has(id)) return;
    running.body = answer.body;
    const { chunks, isWhole, begun } = await earlyPart(answer.body);
    if (!this.#running.has(id)) return;
    running.begun = begun;
    if (isWhole) this.#running.delete(id);
    const { status, statusText, url, redirected } = answer;
    const headers = JSON.stringify(answer.headers);
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
    const read = running?.begun ?? running?.body?.next();
    if (running === undefined || read === undefined) return;
    running.begun = null;
    read.then(
      ({ done, value }) => {
        if (!this.#running.has(id)) return;
        if (done === true) this.#ended(id);
        else this.#enter(() => running.sink.chunk(value));
      },
      (error: unknown) => this.#failed(id, error),
    );
  }

  abort(id: number): void {
    this.#running.get(id)?.fetch?.abort();
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
    this.abort(id);
    if (sink !== undefined) this.#enter(() => sink.fail(textOf(error)));
  }
}

/** What comes within this turn of the event loop. What goes wrong meanwhile is left for whoever asks next. */
async function earlyPart(body: Answer["body"]): Promise<Early> {
  const chunks: Uint8Array[] = [];
  if (body === null) return { chunks, isWhole: true, begun: null };
  const turn = new Promise<null>((resolve) => setImmediate(resolve, null));
  for (let bytes = 0; bytes < MAX_EARLY_BYTES;) {
    const begun = body.next();
    const read = await Promise.race([begun.catch(() => null), turn]);
    if (read === null) return { chunks, isWhole: false, begun };
    if (read.done === true) return { chunks, isWhole: true, begun: null };
    bytes += read.value.byteLength;
    chunks.push(read.value);
  }
  return { chunks, isWhole: false, begun: null };
}

/** Loaded with the first request: a worker that sends none starts sooner. */
let http: ReturnType<typeof loadHttp> | undefined;
const loadHttp = () => import("./fetch/http-fetch");

async function starter(): Promise<(request: OutgoingRequest) => StartedFetch> {
  http ??= loadHttp();
  const { HttpFetch, isPlainHttp } = await http;
  return (request) =>
    isPlainHttp(request) ? new HttpFetch(request) : startNodeFetch(request);
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
