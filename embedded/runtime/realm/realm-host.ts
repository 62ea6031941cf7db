/**
 * What a realm and its host may say to each other. What crosses to the realm is text, numbers, or objects that only our
 * own code inside the realm holds (see `host-connection.ts`); what crosses to the host may be anything and is checked.
 */

/** `data` is the encoded JSON of a ConvexError, as text. */
export type Reply =
  { ok: true; value: string } | { ok: false; message: string; data?: string };

export type ThrownDescription = {
  /** `Error: text`, or the text of a thrown value. */
  text: string;
  stack: string;
  /** Encoded JSON, set for a ConvexError. */
  data?: string;
};
export type Settled =
  { ok: true; value: string } | { ok: false; thrown: ThrownDescription };

/** Algorithms and keys' descriptions are JSON. */
export interface RealmCrypto {
  digest(algorithm: string, data: Uint8Array): Uint8Array;
  importKey(
    format: string,
    data: unknown,
    algorithm: unknown,
  ): { handle: number; type: string; algorithm: string };
  /** A JSON web key as JSON, everything else as bytes. */
  exportKey(format: string, handle: number): string | Uint8Array;
  sign(algorithm: unknown, handle: number, data: Uint8Array): Uint8Array;
  verify(
    algorithm: unknown,
    handle: number,
    signature: Uint8Array,
    data: Uint8Array,
  ): boolean;
  /** PBKDF2 and HKDF; `bits` is a multiple of 8. */
  deriveBits(algorithm: unknown, handle: number, bits: number): Uint8Array;
}

export interface UrlParts {
  href: string;
  origin: string;
  protocol: string;
  username: string;
  password: string;
  host: string;
  hostname: string;
  port: string;
  pathname: string;
  search: string;
  hash: string;
}

export interface HostDecoder {
  encoding: string;
  decode: (bytes: Uint8Array, isPart: boolean) => string;
}

export interface HostCodec {
  add: (bytes: Uint8Array) => void;
  finish: () => Uint8Array;
}

/** `thunk` never throws. */
export interface HostStorage {
  run(store: unknown, thunk: () => void): void;
  enter(store: unknown): void;
  get(): unknown;
}

/** What every realm needs to build its web platform. */
export interface HostPlatform {
  utf8Length(text: string): number;
  /** `read,written`. */
  utf8Write(text: string, target: Uint8Array): string;
  createDecoder(label: string, fatal: boolean, ignoreBOM: boolean): HostDecoder;
  /** Null when the text is not base64, or not Latin-1. */
  atob(text: string): string | null;
  btoa(binary: string): string | null;
  parseUrl(url: string, base: string | null): UrlParts | null;
  changeUrl(
    href: string,
    part: Exclude<keyof UrlParts, "origin">,
    value: string,
  ): UrlParts;
  createCodec(format: string, direction: "compress" | "decompress"): HostCodec;
  createStorage(): HostStorage;
  captureContext(): { run(thunk: () => void): void };
}

export interface HostRequest {
  url: string;
  method: string;
  headers: [string, string][];
  redirect: "follow" | "error" | "manual";
  body: Uint8Array | null;
}
/** Called by the host, outside of any user code. */
export interface ResponseSink {
  head(response: {
    status: number;
    statusText: string;
    /** JSON of pairs. */
    headers: string;
    url: string;
    redirected: boolean;
  }): void;
  chunk(bytes: Uint8Array): void;
  end(): void;
  fail(message: string): void;
}
/** What a web crypto operation gave: a value that needs no copying, bytes, JSON, or keys. */
export type SubtleResult =
  | { kind: "value"; value: boolean }
  | { kind: "bytes"; bytes: Uint8Array }
  | { kind: "json"; json: string }
  | { kind: "key"; key: KeyDescription }
  | { kind: "pair"; publicKey: KeyDescription; privateKey: KeyDescription };
export interface KeyDescription {
  handle: number;
  type: string;
  /** JSON; bytes as `{ "$bytes": [...] }`. */
  algorithm: string;
  extractable: boolean;
  usages: string;
}

/** The world outside, for actions only. Everything started here ends with the action. */
export interface HostNetwork {
  /** Starts a timer and gives its number. */
  startTimer(callback: () => void, delayMs: number, repeats: boolean): number;
  stopTimer(timer: number): void;
  /** Starts a request and gives its number. Body chunks come one per `pullResponse`. */
  startFetch(request: HostRequest, sink: ResponseSink): number;
  pullResponse(request: number): void;
  abortFetch(request: number): void;
  fillRandom(bytes: Uint8Array): void;
  randomUuid(): string;
  /** `args` are values of the realm; keys are `{ $key: handle }`. */
  startSubtle(
    operation: string,
    args: unknown[],
    done: (
      outcome: SubtleResult | { kind: "error"; name: string; message: string },
    ) => void,
  ): void;
  /** What a timer's callback threw. */
  escaped(thrown: ThrownDescription): void;
}

/** A file on its way between the realm and the host. */
export interface StoredFile {
  bytes: Uint8Array;
  contentType: string | null;
}
export interface HostFiles {
  storeFile(
    file: StoredFile,
    sha256: string | null,
    done: (reply: Reply) => void,
  ): void;
  readFile(
    storageId: string,
    done: (reply: Reply, file: StoredFile | null) => void,
  ): void;
}

export type ModuleFunction = (
  exports: object,
  require: (specifier: string) => unknown,
  module: { exports: object },
) => Promise<void> | void;

export interface RealmHost extends HostPlatform {
  hasModule(modulePath: string): boolean;
  /** A function of the realm: the module's body. */
  moduleBody(modulePath: string): ModuleFunction;
  syscall(op: string, args: string): Reply;
  /** Answers at once, or gives the ticket that `settle` will name. */
  asyncSyscall(op: string, args: string): Reply | number;
  /** `messages` is the JSON of an array of strings. */
  log(level: string, messages: string): void;
  env(name: string): string | undefined;
  nowMs(): number;
  elapsedMs(): number;
  /** What runs inside the host's time limit. One call of the host's is one run. */
  step(): void;
  /** Queries and mutations: the function fails with this text, whatever it catches. */
  refuse(text: string): void;
  surroundings:
    | { kind: "transaction"; crypto: RealmCrypto }
    | { kind: "action"; network: HostNetwork; files: HostFiles };
}

/** An HTTP action's request, and where its answer goes. */
export interface HttpExchange {
  path: string;
  url: string;
  method: string;
  /** JSON of pairs. */
  headers: string;
  hasBody: boolean;
  maxResponseBytes: number;
  /** Asks for the next part of the request's body. */
  pull(): void;
  head(status: number, headers: string): void;
  /** Calls back when all that is ready to run has run. */
  nextTurn: (done: () => void) => void;
  /** The next chunk is read when `taken` has been called. */
  chunk(bytes: Uint8Array, taken: () => void): void;
}
/** What the host tells while the exchange lasts. */
export interface HttpInput {
  chunk(bytes: Uint8Array): void;
  end(): void;
  fail(message: string): void;
  /** The client is gone. */
  abort(): void;
}

export interface RealmControl {
  settle(ticket: number, reply: Reply): void;
  seed(words: readonly [number, number, number, number]): void;
  saveSeed(): readonly [number, number, number, number];
  isLoaded(modulePath: string): boolean;
  /** Evaluates the module unless it is; throws what it threw. */
  load(modulePath: string): { [name: string]: unknown };
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
  /** Answers with the endpoint that `router` (the default export of http.js) has for the request. */
  serve(
    router: unknown,
    exchange: HttpExchange,
    done: (settled: Settled) => void,
  ): HttpInput;
  /** Built-ins as they are now are as they should be. */
  rememberBuiltins(): void;
  /** Not thorough: what libraries replace, if anything. Then it is cheap. */
  builtinsUntouched(isThorough: boolean): boolean;
  /** Whether a promise was made in this realm. */
  owns(promise: unknown): boolean;
}
