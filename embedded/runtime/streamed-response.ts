/** A response that becomes one when its head arrives; the body follows chunk by chunk, as fast as it is read. */
import { BackendError } from "../database/backend-error";
import { FunctionError } from "./errors";

const BODYLESS = new Set([204, 205, 304]);

export class StreamedResponse {
  readonly promise: Promise<Response>;
  #resolve: (response: Response) => void = () => undefined;
  #controller: ReadableStreamDefaultController<Uint8Array> | null = null;
  /** Resolves what waits for room. */
  #makeRoom: () => void = () => undefined;
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
      pull: () => this.#makeRoom(),
      cancel: () => {
        this.#ended = true;
        this.#makeRoom();
        this.#onCancel();
      },
    });
    this.#resolve(
      new Response(BODYLESS.has(status) ? null : body, { status, headers }),
    );
  }

  /** Resolves when there is room for the next chunk. */
  push(chunk: Uint8Array): Promise<void> {
    if (this.#ended || this.#controller === null) return Promise.resolve();
    const room = new Promise<void>((resolve) => (this.#makeRoom = resolve));
    this.#controller.enqueue(chunk);
    return room;
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
