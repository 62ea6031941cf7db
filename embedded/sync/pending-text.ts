const MAX_BYTES = 32 * 1024 * 1024;

/** How much text of a connection is held by calls that are not answered. */
export class PendingText {
  readonly #byRequest = new Map<number, number>();
  #bytes = 0;

  /** True when nothing more should be read until some of it is answered. */
  get isFull(): boolean {
    return this.#bytes > MAX_BYTES;
  }

  add(requestId: number, bytes: number): void {
    this.#byRequest.set(
      requestId,
      (this.#byRequest.get(requestId) ?? 0) + bytes,
    );
    this.#bytes += bytes;
  }

  remove(requestId: number): void {
    this.#bytes -= this.#byRequest.get(requestId) ?? 0;
    this.#byRequest.delete(requestId);
  }
}
