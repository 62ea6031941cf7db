/** What a realm and its host may say to each other. Values cross as strings; the rest are plain functions. */

/** `data` is the encoded JSON of a ConvexError, as text. */
export type Reply =
  { ok: true; value: string } | { ok: false; message: string; data?: string };

export type ThrownDescription = {
  /** `Error: text`, or the text of a thrown value. */
  text: string;
  stack: string;
  /** Encoded JSON, set for a ConvexError. */
  data?: string;
  /** Set when the host made the error: the text is complete as it is. */
  hostText?: string;
};
export type Settled =
  { ok: true; value: unknown } | { ok: false; thrown: ThrownDescription };

export interface RealmCrypto {
  digest(algorithm: string, data: Uint8Array): ArrayBuffer;
  importKey(
    format: string,
    data: unknown,
    algorithm: unknown,
  ): { handle: number; type: string; algorithm: object };
  exportKey(format: string, handle: number): unknown;
  sign(algorithm: unknown, handle: number, data: Uint8Array): ArrayBuffer;
  verify(
    algorithm: unknown,
    handle: number,
    signature: Uint8Array,
    data: Uint8Array,
  ): boolean;
  /** PBKDF2 and HKDF; `bits` is a multiple of 8. */
  deriveBits(algorithm: unknown, handle: number, bits: number): ArrayBuffer;
}

export interface RealmHost {
  /** Deterministic realms have a frozen clock, seeded randomness and no timers or network. */
  deterministic: boolean;
  globals: { [name: string]: unknown };
  syscall(op: string, args: string): Reply;
  /** Answers at once, or gives the ticket that `settle` will name. */
  asyncSyscall(op: string, args: string): Reply | number;
  jsSyscall(op: string, args: { [name: string]: unknown }): unknown;
  log(level: string, messages: string[]): void;
  env(name: string): string | undefined;
  nowMs(): number;
  elapsedMs(): number;
  crypto: RealmCrypto;
}

export interface RealmControl {
  settle(ticket: number, reply: Reply): void;
  seed(words: readonly [number, number, number, number]): void;
  saveSeed(): readonly [number, number, number, number];
  /**
   * Calls `functionExport[method](...args)` and reports how it ended, once. Returns a promise that is never rejected
   * and that nobody need handle.
   */
  invoke(
    functionExport: unknown,
    method: string,
    args: unknown[],
    done: (settled: Settled) => void,
  ): Promise<void>;
  /** Tells when a promise that nobody handles is rejected. */
  watch(promise: unknown, rejected: (thrown: ThrownDescription) => void): void;
  describe(thrown: unknown): ThrownDescription;
}
