/** The body of a request, part by part as the action asks for it, up to a limit. */
import type { BackendError } from "../database/backend-error";
import type { RequestPart } from "./actions/worker-messages";
import { tooLarge } from "./request-bytes";

const BODYLESS = new Set(["GET", "HEAD", "OPTIONS"]);

export class RequestParts {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array> | null;
  readonly #maxBytes: number;
  #size = 0;
  /** Set when the body was too large. */
  error: BackendError | null = null;

  /** Throws (413) when the request says that it is too large. */
  constructor(request: Request, maxBytes: number) {
    this.#maxBytes = maxBytes;
    if (Number(request.headers.get("content-length")) > maxBytes)
      throw tooLarge(maxBytes);
    const body: ReadableStream<Uint8Array> | null = RequestParts.has(request)
      ? request.body
      : null;
    this.#reader = body?.getReader() ?? null;
  }

  static has(request: Request): boolean {
    return !BODYLESS.has(request.method) && request.body !== null;
  }

  async next(): Promise<RequestPart> {
    if (this.#reader === null) return { kind: "end" };
    try {
      const { done, value } = await this.#reader.read();
      if (done) return { kind: "end" };
      this.#size += value.length;
      if (this.#size > this.#maxBytes)
        throw (this.error = tooLarge(this.#maxBytes));
      return { kind: "chunk", bytes: value };
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      return { kind: "failed", message };
    }
  }

  /** What was not read is not wanted. */
  cancel(): void {
    this.#reader?.cancel().catch(() => undefined);
  }
}
