import type { RequestPart, StoredBytes } from "./worker-messages";

export type SyscallAnswer = { value: string; bytes?: StoredBytes | null };

/** The main thread's side of one action. */
export interface JobHandlers {
  syscall(
    op: string,
    args: string,
    bytes?: StoredBytes,
  ): Promise<SyscallAnswer>;
  log(level: string, messages: string[]): void;
  /** HTTP actions: the next part of the request's body. */
  requestPart?(): Promise<RequestPart>;
  responseHead?(status: number, headers: [string, string][]): void;
  /** Resolves when there is room for the next chunk. */
  responseChunk?(chunk: Uint8Array): Promise<void>;
}

export const NO_HANDLERS: JobHandlers = {
  syscall: () =>
    Promise.reject(new Error("Can't use Convex functions at import time")),
  log: () => undefined,
};
