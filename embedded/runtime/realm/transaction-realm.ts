/**
 * A `vm` context for queries and mutations of one component at one call depth. One handler at a time, driven to
 * completion synchronously: the realm's microtasks run only inside `#timed`, so the host decides when user code runs.
 */
import { AsyncLocalStorage, AsyncResource } from "node:async_hooks";
import v8 from "node:v8";
import vm from "node:vm";
import { FunctionError, NEVER_RESOLVES, timeoutText } from "../errors";
import { realmSource } from "../bundled-sources";
import type { CompiledModule, ModuleSet } from "../modules/compiled-module";
import { ModuleLinker, type ModuleExports } from "../modules/module-linker";
import { scriptOf } from "../modules/module-script";
import { thrownError } from "../thrown-error";
import { createRealmCrypto } from "./realm-crypto";
import type {
  RealmControl,
  RealmHost,
  Reply,
  Settled,
  ThrownDescription,
} from "./realm-host";
import { installRealm } from "./realm-source";
import { sharedGlobals } from "./shared-globals";

export type Seed = readonly [number, number, number, number];

/** What a running function can ask for. Both calls answer with JSON text or throw. */
export interface RealmServices {
  syscall(op: string, args: string): string;
  /** True: answered at once, inside the timed region. False: at its end, in order (nested function calls). */
  isImmediate(op: string): boolean;
  asyncSyscall(op: string, args: string): string;
  log(level: string, messages: string[]): void;
  env(name: string): string | undefined;
  nowMs: number;
  seed: Seed;
  /** `performance.now` stands still in queries. */
  clockAdvances: boolean;
}

export interface TransactionRealmOptions {
  modules: ModuleSet;
  importPhase: { nowMs: number; seed: Seed };
  importEnv: (name: string) => string | undefined;
  userTimeMs: number;
}

type Deferred = { ticket: number; op: string; args: string };
const STEP = "%convexStep";
const stepScript = new vm.Script(`globalThis[${JSON.stringify(STEP)}]()`, {
  filename: "convex-runtime.js",
});
/**
 * The watchdog must not stop host code halfway. Syscalls are answered inside the timed region only during its first
 * part, so one syscall would have to last for the rest of it to be interrupted.
 */
const IMMEDIATE_SHARE = 0.2;

export class TransactionRealm {
  readonly #options: TransactionRealmOptions;
  readonly #context: vm.Context;
  readonly #control: RealmControl;
  readonly #linker: ModuleLinker;
  readonly #byFilename = new Map<string, CompiledModule>();
  #work: () => void = () => undefined;
  #services: RealmServices | null = null;
  #importing = false;
  #deferred: Deferred[] = [];
  #nextTicket = 1;
  #regionStart = 0;
  #startedAt = 0;
  #hostMs = 0;
  #userMs = 0;
  #discarded = false;

  constructor(options: TransactionRealmOptions) {
    this.#options = options;
    this.#context = vm.createContext({}, { microtaskMode: "afterEvaluate" });
    this.#control = installRealm(this.#context, this.#host(), realmSource());
    const step = { value: () => this.#work(), enumerable: false };
    Object.defineProperty(this.#context, STEP, step);
    this.#linker = new ModuleLinker({
      modules: options.modules,
      evaluate: (module): unknown =>
        scriptOf(module).runInContext(this.#context),
      external: (specifier) => {
        throw new Error(
          `Can't import "${specifier}" in the Convex runtime. Use "use node" for Node.js modules.`,
        );
      },
    });
    for (const module of options.modules.values())
      this.#byFilename.set(module.filename, module);
  }

  /** After a time-out or a promise that never settles, what is left inside is unknown: never use it again. */
  get discarded(): boolean {
    return this.#discarded;
  }

  /** The encoded JSON text that the handler returned; throws `FunctionError`. */
  invoke(
    call: { module: string; name: string; method: string; args: string },
    services: RealmServices,
  ): string {
    let outcome: Settled | null = null;
    const start = (): void => {
      const target = this.#load(call.module)[call.name];
      this.#control.invoke(
        target,
        call.method,
        [call.args],
        (settled) => (outcome = settled),
      );
    };
    const lost = this.#drive(services, start, () => outcome !== null);
    const settled = outcome as Settled | null;
    if (settled?.ok === false) throw this.functionError(settled.thrown);
    if (lost !== null) throw this.functionError(lost);
    if (settled !== null) return String(settled.value);
    this.#discarded = true;
    throw new FunctionError(NEVER_RESOLVES);
  }

  /** Evaluates a module with `services` as its surroundings and reads from its exports. */
  inspect<T>(
    modulePath: string,
    services: RealmServices,
    read: (exports: ModuleExports) => T,
  ): T {
    let result: { value: T } | null = null;
    let failure: { thrown: unknown } | null = null;
    this.#drive(
      services,
      () => {
        try {
          result = { value: read(this.#load(modulePath)) };
        } catch (thrown) {
          failure = { thrown };
        }
      },
      () => true,
    );
    const failed = failure as { thrown: unknown } | null;
    if (failed !== null) throw this.asFunctionError(failed.thrown);
    return ((result as { value: T } | null) ?? never()).value;
  }

  isLoaded(modulePath: string): boolean {
    return this.#linker.isLoaded(modulePath);
  }

  asFunctionError(thrown: unknown): FunctionError {
    return thrown instanceof FunctionError
      ? thrown
      : this.functionError(this.#control.describe(thrown));
  }

  functionError(thrown: ThrownDescription): FunctionError {
    return thrownError(thrown, (filename) => this.#byFilename.get(filename));
  }

  /** Runs until nothing is left to do. Returns a rejection that nobody handled. */
  #drive(
    services: RealmServices,
    start: () => void,
    isSettled: () => boolean,
  ): ThrownDescription | null {
    if (this.#services !== null)
      throw new Error("A realm runs one handler at a time");
    this.#services = services;
    this.#deferred = [];
    this.#userMs = 0;
    this.#startedAt = performance.now();
    this.#control.seed(services.seed);
    const rejections = new UnhandledRejections();
    try {
      rejections.collect(() => this.#timed(start));
      while (this.#deferred.length > 0)
        this.#answer(this.#deferred.splice(0), rejections);
      return rejections.first(
        (promise, rejected) => this.#control.watch(promise, rejected),
        () => this.#timed(() => undefined),
      );
    } finally {
      this.#services = null;
      if (!isSettled()) this.#discarded = true;
    }
  }

  #answer(batch: Deferred[], rejections: UnhandledRejections): void {
    const replies = batch.map(({ ticket, op, args }) => ({
      ticket,
      reply: this.#perform(op, args),
    }));
    for (const { ticket, reply } of replies) {
      rejections.collect(() =>
        this.#timed(() => this.#control.settle(ticket, reply)),
      );
    }
  }

  #timed(work: () => void): void {
    this.#work = work;
    this.#hostMs = 0;
    this.#regionStart = performance.now();
    const remaining = Math.max(
      1,
      Math.ceil(this.#options.userTimeMs - this.#userMs),
    );
    try {
      stepScript.runInContext(this.#context, { timeout: remaining });
    } catch (error) {
      throw this.#interrupted(error);
    }
    this.#userMs += performance.now() - this.#regionStart - this.#hostMs;
    if (this.#userMs > this.#options.userTimeMs) throw this.#timedOut();
  }

  #interrupted(error: unknown): unknown {
    const { code } = (
      typeof error === "object" && error !== null ? error : {}
    ) as { code?: unknown };
    return code === "ERR_SCRIPT_EXECUTION_TIMEOUT"
      ? this.#timedOut()
      : this.asFunctionError(error);
  }

  #timedOut(): FunctionError {
    this.#discarded = true;
    return new FunctionError(timeoutText(this.#options.userTimeMs));
  }

  #load(modulePath: string): ModuleExports {
    if (this.#linker.isLoaded(modulePath) || this.#importing)
      return this.#linker.load(modulePath);
    const executionSeed = this.#control.saveSeed();
    this.#importing = true;
    this.#control.seed(this.#options.importPhase.seed);
    try {
      return this.#linker.load(modulePath);
    } finally {
      this.#importing = false;
      this.#control.seed(executionSeed);
    }
  }

  #host(): RealmHost {
    return {
      deterministic: true,
      globals: { ...sharedGlobals(), AsyncLocalStorage, AsyncResource },
      crypto: createRealmCrypto(),
      syscall: (op, args) => replyOf(() => this.#current().syscall(op, args)),
      asyncSyscall: (op, args) => this.#asyncSyscall(op, args),
      jsSyscall: (op) => {
        throw new Error(`Unknown JS operation ${op}`);
      },
      log: (level, messages) => this.#services?.log(level, messages),
      env: (name) => this.#env(name),
      nowMs: () =>
        this.#importing
          ? this.#options.importPhase.nowMs
          : (this.#services?.nowMs ?? this.#options.importPhase.nowMs),
      elapsedMs: () =>
        this.#services?.clockAdvances === true
          ? performance.now() - this.#startedAt
          : 0,
    };
  }

  #env(name: string): string | undefined {
    return this.#importing
      ? this.#options.importEnv(name)
      : this.#services?.env(name);
  }

  #current(): RealmServices {
    if (this.#services === null || this.#importing)
      throw new Error("Can't use database at import time");
    return this.#services;
  }

  #asyncSyscall(op: string, args: string): Reply | number {
    const elapsed = performance.now() - this.#regionStart;
    const early = elapsed < this.#options.userTimeMs * IMMEDIATE_SHARE;
    if (
      early &&
      this.#deferred.length === 0 &&
      this.#services?.isImmediate(op) === true
    )
      return this.#perform(op, args);
    const ticket = this.#nextTicket++;
    this.#deferred.push({ ticket, op, args });
    return ticket;
  }

  #perform(op: string, args: string): Reply {
    const before = performance.now();
    const reply = replyOf(() => this.#current().asyncSyscall(op, args));
    this.#hostMs += performance.now() - before;
    return reply;
  }
}

/**
 * Finds promises that were rejected and have no handler. V8 reports them to the process only later, when the
 * transaction is over; but every handler is a promise derived from another, which the init hook sees.
 */
class UnhandledRejections {
  readonly #handled = new WeakSet<object>();
  readonly #suspects = new Set<object>();

  collect(work: () => void): void {
    const stop = v8.promiseHooks.createHook({
      init: (_promise, parent) => this.#markHandled(parent),
      settled: (promise) => {
        if (!this.#handled.has(promise)) this.#suspects.add(promise);
      },
    }) as () => void;
    try {
      work();
    } finally {
      stop();
    }
  }

  #markHandled(parent: object | undefined): void {
    if (parent === undefined) return;
    this.#handled.add(parent);
    this.#suspects.delete(parent);
  }

  /** Watching a promise also handles it, so that the process is never told. */
  first(
    watch: (
      promise: object,
      rejected: (thrown: ThrownDescription) => void,
    ) => void,
    drain: () => void,
  ): ThrownDescription | null {
    if (this.#suspects.size === 0) return null;
    let first: ThrownDescription | null = null;
    for (const promise of this.#suspects)
      watch(promise, (thrown) => (first ??= thrown));
    drain();
    return first;
  }
}

function replyOf(work: () => string): Reply {
  try {
    return { ok: true, value: work() };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const data =
      error instanceof Error && "data" in error ? error.data : undefined;
    return data === undefined
      ? { ok: false, message }
      : { ok: false, message, data: JSON.stringify(data) };
  }
}

function never(): never {
  throw new Error("Unreachable");
}
